variable "name" {
  description = "Prefix of the names; the bucket NAME-bucket must be free in all of S3."
  type        = string
  default     = "netflux"
}

variable "domain" {
  description = "Hosted zone that leads to the distribution and the load balancer."
  type        = string
  default     = "netflux.example.com"
}

variable "desired_count" {
  description = "Tasks of each service; 0 until the images are pushed."
  type        = number
  default     = 0
}

variable "image_tag" {
  description = "Tag of both images in their repositories."
  type        = string
  default     = "latest"
}

variable "database_version" {
  description = "PostgreSQL version; a major version alone means its newest minor version."
  type        = string
  default     = "17"
}
