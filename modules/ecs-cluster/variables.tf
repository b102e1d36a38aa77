variable "name" {
  description = "Name of the cluster."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,255}$", var.name))
    error_message = "The name must hold 1 to 255 letters, digits, hyphens and underscores."
  }
}

variable "vpc_id" {
  description = "Id of the VPC in which to make a security group whose members may talk to each other. If null, there is none."
  type        = string
  default     = null
}

variable "create_mesh_security_group" {
  description = "Whether to make that security group; it needs `vpc_id`."
  type        = bool
  default     = false
}

variable "container_insights" {
  description = "How closely CloudWatch watches the containers: `disabled`, `enabled` or `enhanced`."
  type        = string
  default     = "enabled"

  validation {
    condition     = contains(["disabled", "enabled", "enhanced"], var.container_insights)
    error_message = "Container insights must be disabled, enabled or enhanced."
  }
}

variable "capacity_providers" {
  description = "Capacity that services may use."
  type        = set(string)
  default     = ["FARGATE", "FARGATE_SPOT"]
}

variable "default_capacity_provider_strategy" {
  description = "How tasks are spread over the capacity when a service does not say: by weight, after the first `base` tasks."
  type = map(object({
    weight = optional(number, 1)
    base   = optional(number, 0)
  }))
  default = { FARGATE = {} }

  validation {
    condition     = length([for item in var.default_capacity_provider_strategy : item if item.base > 0]) <= 1
    error_message = "Only one capacity provider can have a base."
  }

  validation {
    condition     = length(var.default_capacity_provider_strategy) == 0 || anytrue([for item in var.default_capacity_provider_strategy : item.weight > 0])
    error_message = "At least one capacity provider must have a weight above 0."
  }
}

variable "execute_command_logging" {
  description = "Whether what is typed through `aws ecs execute-command` is kept in a log group of the cluster."
  type        = bool
  default     = true
}

variable "log_retention_in_days" {
  description = "For how many days that log is kept."
  type        = number
  default     = 90
}

variable "tags" {
  description = "Tags for everything in this module, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
