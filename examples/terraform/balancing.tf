# Two target groups, a listener that says 404 by default, two rules.
locals {
  services = {
    movie    = { priority = 500, path = "/api/movies*" }
    customer = { priority = 501, path = "/api/customers/*" }
  }
}

resource "aws_lb_target_group" "service" {
  for_each             = local.services
  name                 = "${each.key}-service-containers"
  target_type          = "ip"
  vpc_id               = aws_vpc.main.id
  protocol             = "HTTP"
  port                 = 8080
  deregistration_delay = 30
  health_check {
    path                = "/actuator/health"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 3
    unhealthy_threshold = 3
    matcher             = "200"
  }
}

resource "aws_lb" "main" {
  name               = "${var.name}-alb"
  load_balancer_type = "application"
  internal           = false
  subnets            = [aws_subnet.all["public-1"].id, aws_subnet.all["public-2"].id]
  security_groups    = [aws_security_group.alb.id]
  depends_on         = [aws_internet_gateway.main]
}

resource "aws_lb_listener" "http" {
  load_balancer_arn = aws_lb.main.arn
  protocol          = "HTTP"
  port              = 80
  default_action {
    type = "fixed-response"
    fixed_response {
      status_code  = "404"
      content_type = "text/plain"
      message_body = ":("
    }
  }
}

resource "aws_lb_listener_rule" "service" {
  for_each     = local.services
  listener_arn = aws_lb_listener.http.arn
  priority     = each.value.priority
  condition {
    path_pattern { values = [each.value.path] }
  }
  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.service[each.key].arn
  }
}
