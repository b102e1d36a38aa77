variable "name" {
  description = "Name of the load balancer, and the first part of the names around it."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,30}[a-zA-Z0-9])?$", var.name)) && !startswith(var.name, "internal-")
    error_message = "The name must hold 1 to 32 letters, digits and hyphens, with no hyphen at either end, and not start with \"internal-\"."
  }
}

variable "vpc_id" {
  description = "Id of the VPC of the load balancer and its targets."
  type        = string
}

variable "subnet_ids" {
  description = "Ids of the subnets to stand in, at least two in different availability zones. Public ones, unless `internal`."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A load balancer needs subnets in at least two availability zones."
  }
}

variable "internal" {
  description = "Whether the load balancer has private addresses only."
  type        = bool
  default     = false
}

variable "ingress_cidr_blocks" {
  description = "IPv4 ranges that may reach the listeners."
  type        = list(string)
  default     = ["0.0.0.0/0"]

  validation {
    condition     = alltrue([for block in var.ingress_cidr_blocks : can(cidrnetmask(block))])
    error_message = "Each range must be an IPv4 CIDR block such as 10.0.0.0/8."
  }
}

variable "certificate_arn" {
  description = "ARN of the ACM certificate to serve HTTPS with. If null, the load balancer speaks HTTP only; otherwise HTTP redirects to HTTPS."
  type        = string
  default     = null
}

variable "ssl_policy" {
  description = "Which TLS versions and ciphers HTTPS clients may use."
  type        = string
  default     = "ELBSecurityPolicy-TLS13-1-2-2021-06"
}

variable "target_groups" {
  description = "Groups of IP targets by a name of your choice, with the port and protocol that the targets speak."
  type = map(object({
    port                 = number
    protocol             = optional(string, "HTTP")
    protocol_version     = optional(string, "HTTP1")
    deregistration_delay = optional(number, 30)
    slow_start           = optional(number, 0)

    health_check = optional(object({
      path                = optional(string, "/")
      matcher             = optional(string, "200-399")
      interval            = optional(number, 15)
      timeout             = optional(number, 5)
      healthy_threshold   = optional(number, 2)
      unhealthy_threshold = optional(number, 3)
    }), {})

    stickiness = optional(object({
      cookie_name     = optional(string)
      cookie_duration = optional(number, 86400)
    }))
  }))

  validation {
    condition     = alltrue([for group in var.target_groups : contains(["HTTP", "HTTPS"], group.protocol)])
    error_message = "The protocol of a target group must be HTTP or HTTPS."
  }

  validation {
    condition     = alltrue([for group in var.target_groups : group.health_check.timeout < group.health_check.interval])
    error_message = "The timeout of a health check must be shorter than its interval."
  }
}

variable "default_target_group" {
  description = "Name of the target group for requests that no rule matches. If null, they are answered with 404."
  type        = string
  default     = null
}

variable "rules" {
  description = "Listener rules by a name of your choice: what to match, and either the name of a target group or a fixed response."
  type = map(object({
    priority      = number
    path_patterns = optional(list(string), [])
    host_headers  = optional(list(string), [])
    source_ips    = optional(list(string), [])
    http_headers  = optional(map(list(string)), {})

    target_group = optional(string)
    fixed_response = optional(object({
      status_code  = number
      content_type = optional(string, "text/plain")
      message_body = optional(string)
    }))
  }))
  default = {}

  validation {
    condition     = alltrue([for rule in var.rules : (rule.target_group == null) != (rule.fixed_response == null)])
    error_message = "Each rule must have either a target group or a fixed response."
  }

  validation {
    condition = alltrue([
      for rule in var.rules : length(concat(rule.path_patterns, rule.host_headers, rule.source_ips, keys(rule.http_headers))) > 0
    ])
    error_message = "Each rule must match something."
  }

  validation {
    condition     = length(distinct([for rule in var.rules : rule.priority])) == length(var.rules)
    error_message = "No two rules can have the same priority."
  }
}

variable "idle_timeout" {
  description = "After how many seconds without data a connection is closed."
  type        = number
  default     = 60
}

variable "enable_deletion_protection" {
  description = "Whether the load balancer refuses to be destroyed."
  type        = bool
  default     = false
}

variable "access_logs" {
  description = "Bucket, and folder in it, for the access logs. If null, none are written."
  type = object({
    bucket = string
    prefix = optional(string)
  })
  default = null
}

variable "tags" {
  description = "Tags for everything in this module, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
