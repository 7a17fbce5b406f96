output "site_url" {
  value = "https://${aws_cloudfront_distribution.main.domain_name}/"
}

output "load_balancer" {
  value = aws_lb.main.dns_name
}

output "repositories" {
  value = { for key, one in aws_ecr_repository.service : key => one.repository_url }
}

output "bucket" {
  value = aws_s3_bucket.site.id
}
