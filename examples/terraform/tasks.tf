# Repositories, the cluster, and two services that call each other by name.
resource "aws_ecr_repository" "service" {
  for_each     = local.services
  name         = "${each.key}-service"
  force_delete = true
}

resource "aws_service_discovery_http_namespace" "prod" {
  name        = "prod"
  description = "Names that services call each other by"
}

resource "aws_ecs_cluster" "prod" {
  name = "prod"
  service_connect_defaults {
    namespace = aws_service_discovery_http_namespace.prod.arn
  }
}

resource "aws_cloudwatch_log_group" "service" {
  for_each          = local.services
  name              = "/ecs/${each.key}-service"
  retention_in_days = 7
}

data "aws_iam_policy_document" "tasks" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "execution" {
  name               = "ecsTaskExecutionRole"
  description        = "What ECS needs to start a task, for these images, secrets and log groups only"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"]
    resources = [for one in aws_ecr_repository.service : one.arn]
  }
  statement {
    actions = ["secretsmanager:GetSecretValue"]
    resources = concat(
      [for one in aws_secretsmanager_secret.service : one.arn],
      [aws_db_instance.main.master_user_secret[0].secret_arn],
    )
  }
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [for one in aws_cloudwatch_log_group.service : "${one.arn}:*"]
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-tasks"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-task-role"
  description        = "What the services may do on AWS, which is nothing yet"
  assume_role_policy = data.aws_iam_policy_document.tasks.json
}

locals {
  master = aws_db_instance.main.master_user_secret[0].secret_arn
  logging = {
    for key in keys(local.services) : key => {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.service[key].name
        awslogs-region        = "us-east-1"
        awslogs-stream-prefix = "ecs"
      }
    }
  }
  login = {
    for key, secret in aws_secretsmanager_secret.service : key => [
      { name = "SPRING_DATASOURCE_USERNAME", valueFrom = "${secret.arn}:username::" },
      { name = "SPRING_DATASOURCE_PASSWORD", valueFrom = "${secret.arn}:password::" },
    ]
  }
}

resource "aws_ecs_task_definition" "service" {
  for_each                 = local.services
  family                   = "${each.key}-service"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 512
  memory                   = 1024
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }
  container_definitions = jsonencode([
    {
      name      = "migrate"
      image     = "${aws_ecr_repository.service[each.key].repository_url}:${var.image_tag}"
      essential = false
      command   = ["python", "-m", "netflux_database", each.key]
      environment = [
        { name = "SPRING_DATASOURCE_URL", value = "jdbc:postgresql://${aws_db_instance.main.endpoint}/${each.key}" },
      ]
      secrets = concat(local.login[each.key], [
        { name = "MASTER_USERNAME", valueFrom = "${local.master}:username::" },
        { name = "MASTER_PASSWORD", valueFrom = "${local.master}:password::" },
      ])
      logConfiguration = local.logging[each.key]
    },
    {
      name      = "${each.key}-service"
      image     = "${aws_ecr_repository.service[each.key].repository_url}:${var.image_tag}"
      essential = true
      dependsOn = [{ containerName = "migrate", condition = "SUCCESS" }]
      portMappings = [
        { name = "${each.key}-service-8080", containerPort = 8080, hostPort = 8080, protocol = "tcp", appProtocol = "http" },
      ]
      environment = [
        { name = "SPRING_DATASOURCE_URL", value = "jdbc:postgresql://${aws_db_instance.main.endpoint}/${each.key}" },
        { name = "SPRING_PROFILES_ACTIVE", value = "prod" },
      ]
      secrets          = local.login[each.key]
      logConfiguration = local.logging[each.key]
    },
  ])
}

resource "aws_ecs_service" "movie" {
  name                               = "movie-service"
  cluster                            = aws_ecs_cluster.prod.id
  task_definition                    = aws_ecs_task_definition.service["movie"].arn
  launch_type                        = "FARGATE"
  desired_count                      = var.desired_count
  health_check_grace_period_seconds  = 90
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  wait_for_steady_state              = true
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = [aws_subnet.all["private-1"].id, aws_subnet.all["private-2"].id]
    security_groups  = [aws_security_group.app.id]
    assign_public_ip = false
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.service["movie"].arn
    container_name   = "movie-service"
    container_port   = 8080
  }
  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.prod.arn
    service {
      port_name      = "movie-service-8080"
      discovery_name = "movie-service-8080"
      client_alias {
        dns_name = "movie-service"
        port     = 8080
      }
    }
  }
  depends_on = [aws_lb_listener_rule.service, aws_route.out, aws_iam_role_policy.execution, aws_security_group_rule.database,
  aws_secretsmanager_secret_version.service, aws_vpc_security_group_egress_rule.app]
}

# A task knows the Service Connect names that were there before its deployment, so movie-service comes first.
resource "aws_ecs_service" "customer" {
  name                               = "customer-service"
  cluster                            = aws_ecs_cluster.prod.id
  task_definition                    = aws_ecs_task_definition.service["customer"].arn
  launch_type                        = "FARGATE"
  desired_count                      = var.desired_count
  health_check_grace_period_seconds  = 90
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  wait_for_steady_state              = true
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  network_configuration {
    subnets          = [aws_subnet.all["private-1"].id, aws_subnet.all["private-2"].id]
    security_groups  = [aws_security_group.app.id]
    assign_public_ip = false
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.service["customer"].arn
    container_name   = "customer-service"
    container_port   = 8080
  }
  service_connect_configuration {
    enabled   = true
    namespace = aws_service_discovery_http_namespace.prod.arn
    service {
      port_name      = "customer-service-8080"
      discovery_name = "customer-service-8080"
      client_alias {
        dns_name = "customer-service"
        port     = 8080
      }
    }
  }
  depends_on = [aws_ecs_service.movie]
}
