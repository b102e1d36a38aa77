variable "region" {
  description = "AWS region of the stack."
  type        = string
  default     = "us-east-1"
}

variable "project" {
  description = "Short name of what is built; the first part of most names."
  type        = string
  default     = "hello"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,14}$", var.project))
    error_message = "The project must be 2 to 15 lower-case letters, digits and hyphens, starting with a letter."
  }
}

variable "environment" {
  description = "Which copy of the stack this is."
  type        = string
  default     = "dev"

  validation {
    condition     = contains(["dev", "staging", "prod"], var.environment)
    error_message = "The environment must be dev, staging or prod."
  }
}

variable "vpc_cidr" {
  description = "IPv4 range of the VPC."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrsubnet(var.vpc_cidr, 8, 0))
    error_message = "The range must be a CIDR block with room for subnets 8 bits longer, such as 10.20.0.0/16."
  }
}

variable "container_image" {
  description = "Image to run."
  type        = string
  default     = "public.ecr.aws/nginx/nginx:1.27"
}

variable "container_port" {
  description = "Port that the image listens on."
  type        = number
  default     = 80

  validation {
    condition     = var.container_port >= 1 && var.container_port <= 65535
    error_message = "A port lies between 1 and 65535."
  }
}

variable "size" {
  description = "CPU units and memory in MiB of a task, as Fargate combines them."
  type = object({
    cpu    = optional(number, 256)
    memory = optional(number, 512)
  })
  default = {}
}

variable "desired_count" {
  description = "How many tasks run."
  type        = number
  default     = 2
}

variable "extra_environment" {
  description = "More environment variables for the container."
  type        = map(string)
  default     = {}
}

variable "allowed_cidr_blocks" {
  description = "IPv4 ranges that may reach the load balancer."
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "operator_ports" {
  description = "Ports of the tasks that are open inside the VPC, by what they are for."
  type        = map(number)
  default = {
    http    = 80
    metrics = 9113
  }
}

variable "certificate_arn" {
  description = "ARN of an ACM certificate to serve HTTPS with. If null, the load balancer speaks HTTP."
  type        = string
  default     = null
}

variable "use_spot" {
  description = "Whether three of four tasks run on spare capacity, which is cheaper and can be taken away."
  type        = bool
  default     = false
}

variable "enable_execute_command" {
  description = "Whether `aws ecs execute-command` can open a shell in the container."
  type        = bool
  default     = false
}

variable "wait_for_steady_state" {
  description = "Whether applying waits until the tasks run and are healthy."
  type        = bool
  default     = true
}
