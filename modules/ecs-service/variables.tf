variable "name" {
  description = "Name of the service, of its main container and of its task definitions' family."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9][a-zA-Z0-9_-]{0,47}$", var.name))
    error_message = "The name must hold 1 to 48 letters, digits, hyphens and underscores, the first of them a letter or digit."
  }
}

variable "cluster_arn" {
  description = "ARN of the cluster to run in."
  type        = string
}

variable "vpc_id" {
  description = "Id of the VPC that the subnets belong to."
  type        = string
}

variable "subnet_ids" {
  description = "Ids of the subnets that tasks get their addresses from."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1 && length(var.subnet_ids) <= 16
    error_message = "A service runs in 1 to 16 subnets."
  }
}

variable "assign_public_ip" {
  description = "Whether tasks get public addresses. In a public subnet they need one to fetch their image."
  type        = bool
  default     = false
}

# Task

variable "image" {
  description = "Image of the main container."
  type        = string
}

variable "cpu" {
  description = "CPU units of a task; 1024 are one virtual CPU."
  type        = number
  default     = 256

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Fargate offers 256, 512, 1024, 2048, 4096, 8192 or 16384 CPU units."
  }
}

variable "memory" {
  description = "Memory of a task in MiB. Fargate ties the choice to the CPU units."
  type        = number
  default     = 512
}

variable "cpu_architecture" {
  description = "What the images are built for: `X86_64` or `ARM64`."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "The architecture must be X86_64 or ARM64."
  }
}

variable "container_port" {
  description = "TCP port that the main container listens on. If null, it serves nothing."
  type        = number
  default     = null
}

variable "command" {
  description = "Command of the main container, in place of the image's."
  type        = list(string)
  default     = null
}

variable "environment" {
  description = "Environment of the main container."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Secret environment of the main container: ARNs of SSM parameters or Secrets Manager secrets by variable name. Tasks are allowed to read them."
  type        = map(string)
  default     = {}
}

variable "health_check" {
  description = "Shell command that tells whether the main container is well, and how often to ask."
  type = object({
    command      = string
    interval     = optional(number, 30)
    timeout      = optional(number, 5)
    retries      = optional(number, 3)
    start_period = optional(number, 10)
  })
  default = null
}

variable "sidecars" {
  description = "More containers of each task, by name. The main container starts after them."
  type = map(object({
    image       = string
    cpu         = optional(number, 0)
    memory      = optional(number)
    essential   = optional(bool, false)
    command     = optional(list(string))
    environment = optional(map(string), {})
  }))
  default = {}
}

variable "ephemeral_storage_gib" {
  description = "Disk of a task in GiB. If null, Fargate's 20."
  type        = number
  default     = null

  validation {
    condition     = var.ephemeral_storage_gib == null ? true : var.ephemeral_storage_gib >= 21 && var.ephemeral_storage_gib <= 200
    error_message = "The disk can have 21 to 200 GiB."
  }
}

variable "log_retention_in_days" {
  description = "For how many days logs are kept."
  type        = number
  default     = 30
}

variable "policies" {
  description = "What the containers may do: IAM policy documents in JSON by a name of your choice."
  type        = map(string)
  default     = {}
}

variable "execution_policy_arns" {
  description = "ARNs of more policies for starting tasks, beside pulling images, writing logs and reading `secrets`."
  type        = map(string)
  default     = {}
}

# Service

variable "desired_count" {
  description = "How many tasks run."
  type        = number
  default     = 2

  validation {
    condition     = var.desired_count >= 0 && floor(var.desired_count) == var.desired_count
    error_message = "The count must be a whole number, 0 or more."
  }
}

variable "capacity_provider_strategy" {
  description = "How tasks are spread over the cluster's capacity: by weight, after the first `base` tasks. If empty, all run on Fargate."
  type = map(object({
    weight = optional(number, 1)
    base   = optional(number, 0)
  }))
  default = {}
}

variable "load_balancer" {
  description = "Target group that tasks join with `container_port`, the security group that its requests come from, and for how many seconds its health checks do not count after a task has started."
  type = object({
    target_group_arn  = string
    security_group_id = string
    grace_period      = optional(number)
  })
  default = null
}

variable "security_group_ids" {
  description = "Ids of more security groups for the tasks."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.security_group_ids) <= 4
    error_message = "Tasks can be in 5 security groups, of which one is the module's own."
  }
}

variable "ingress" {
  description = "Who else may reach the tasks, by a name of your choice: an IPv4 range or a security group, and the port, which is `container_port` if null."
  type = map(object({
    cidr_block        = optional(string)
    security_group_id = optional(string)
    port              = optional(number)
  }))
  default = {}
}

variable "enable_execute_command" {
  description = "Whether `aws ecs execute-command` can open a shell in the containers."
  type        = bool
  default     = false
}

variable "enable_ecs_managed_tags" {
  description = "Whether ECS tags tasks with the names of their cluster and service."
  type        = bool
  default     = false
}

variable "wait_for_steady_state" {
  description = "Whether a change is complete only when the new tasks run and are healthy."
  type        = bool
  default     = true
}

variable "timeout" {
  description = "For how long to wait for that."
  type        = string
  default     = "20m"
}

variable "tags" {
  description = "Tags for everything in this module, tasks included, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
