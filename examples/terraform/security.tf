# The world reaches the load balancer, it reaches the tasks, and they reach each other and the database.
resource "aws_security_group" "alb" {
  name        = "${var.name}-alb-sg"
  description = "Allow external traffic to ALB"
  vpc_id      = aws_vpc.main.id
  ingress {
    description = "HTTP from anywhere"
    protocol    = "tcp"
    from_port   = 80
    to_port     = 80
    cidr_blocks = ["0.0.0.0/0"]
  }
  egress {
    protocol    = "-1"
    from_port   = 0
    to_port     = 0
    cidr_blocks = ["0.0.0.0/0"]
  }
}

resource "aws_security_group" "app" {
  name        = "${var.name}-app-sg"
  description = "Allow traffic from ALB to app"
  vpc_id      = aws_vpc.main.id
}

resource "aws_vpc_security_group_egress_rule" "app" {
  security_group_id = aws_security_group.app.id
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "app" {
  for_each                     = { alb = aws_security_group.alb.id, app = aws_security_group.app.id }
  security_group_id            = aws_security_group.app.id
  description                  = "From ${each.key} to the tasks"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = each.value
}

resource "aws_security_group" "database" {
  name        = "${var.name}-db-sg"
  description = "Allow traffic from backend apps"
  vpc_id      = aws_vpc.main.id
}

resource "aws_security_group_rule" "database" {
  type                     = "ingress"
  description              = "The tasks to PostgreSQL"
  security_group_id        = aws_security_group.database.id
  source_security_group_id = aws_security_group.app.id
  protocol                 = "tcp"
  from_port                = 5432
  to_port                  = 5432
}
