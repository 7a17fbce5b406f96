# One PostgreSQL, and what the services log in with: letters and digits only, safe in a URL, in SQL and in a shell.
resource "aws_db_subnet_group" "main" {
  name        = "${var.name}-db-subnets"
  description = "Private subnets 3 and 4"
  subnet_ids  = [aws_subnet.all["private-3"].id, aws_subnet.all["private-4"].id]
}

resource "aws_db_instance" "main" {
  identifier                  = "${var.name}-db"
  instance_class              = "db.t4g.micro"
  engine                      = "postgres"
  engine_version              = var.database_version
  allocated_storage           = 20
  storage_type                = "gp3"
  storage_encrypted           = true
  multi_az                    = false
  username                    = "postgres"
  manage_master_user_password = true
  db_subnet_group_name        = aws_db_subnet_group.main.name
  vpc_security_group_ids      = [aws_security_group.database.id]
  publicly_accessible         = false
  backup_retention_period     = 0
  skip_final_snapshot         = true
  apply_immediately           = true
}

data "aws_secretsmanager_random_password" "service" {
  for_each            = local.services
  password_length     = 32
  exclude_punctuation = true
}

resource "aws_secretsmanager_secret" "service" {
  for_each                = local.services
  name                    = "/prod/${var.name}/db/${each.key}"
  description             = "${each.key}-service's user in the database ${each.key}"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "service" {
  for_each  = local.services
  secret_id = aws_secretsmanager_secret.service[each.key].id
  secret_string = jsonencode({
    username = each.key
    password = data.aws_secretsmanager_random_password.service[each.key].random_password
  })
  lifecycle {
    ignore_changes = [secret_string] # every plan draws another password
  }
}
