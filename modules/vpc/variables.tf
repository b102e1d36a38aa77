variable "name" {
  description = "Name of the VPC, and the first part of the name of everything in it."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9-]{0,47}$", var.name))
    error_message = "The name must start with a letter and hold at most 48 letters, digits and hyphens."
  }
}

variable "cidr_block" {
  description = "IPv4 range of the VPC. The lower half is for private subnets, the upper half for public ones."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.cidr_block))
    error_message = "The range must be an IPv4 CIDR block such as 10.0.0.0/16."
  }

  validation {
    condition     = try(contains(range(16, 21), tonumber(split("/", var.cidr_block)[1])), false)
    error_message = "The prefix length must lie between /16 and /20, so that every subnet can have at least 16 addresses."
  }
}

variable "availability_zones" {
  description = "Names of the availability zones to use. If null, the first `availability_zone_count` zones of the region."
  type        = list(string)
  default     = null

  validation {
    condition     = var.availability_zones == null ? true : length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "Each availability zone may be named only once."
  }
}

variable "availability_zone_count" {
  description = "How many availability zones to use when `availability_zones` is null."
  type        = number
  default     = 3

  validation {
    condition     = var.availability_zone_count >= 1 && var.availability_zone_count <= 6
    error_message = "Between 1 and 6 availability zones can be used."
  }
}

variable "private_subnet_newbits" {
  description = "How many bits longer the prefix of a private subnet is than that of the VPC."
  type        = number
  default     = 4

  validation {
    condition     = var.private_subnet_newbits >= 4 && var.private_subnet_newbits <= 8
    error_message = "Between 4 and 8 bits can be added."
  }
}

variable "public_subnet_newbits" {
  description = "How many bits longer the prefix of a public subnet is than that of the VPC."
  type        = number
  default     = 8

  validation {
    condition     = var.public_subnet_newbits >= 4 && var.public_subnet_newbits <= 8
    error_message = "Between 4 and 8 bits can be added."
  }
}

variable "enable_nat_gateway" {
  description = "Whether private subnets reach the internet through NAT gateways."
  type        = bool
  default     = true
}

variable "single_nat_gateway" {
  description = "Whether all zones share one NAT gateway: cheaper, but its zone becomes a single point of failure."
  type        = bool
  default     = false
}

variable "map_public_ip_on_launch" {
  description = "Whether what starts in a public subnet gets a public address by itself."
  type        = bool
  default     = false
}

variable "enable_dns_hostnames" {
  description = "Whether instances with a public address get a public DNS name."
  type        = bool
  default     = true
}

variable "public_subnet_tags" {
  description = "More tags for the public subnets, for example `kubernetes.io/role/elb`."
  type        = map(string)
  default     = {}
}

variable "private_subnet_tags" {
  description = "More tags for the private subnets, for example `kubernetes.io/role/internal-elb`."
  type        = map(string)
  default     = {}
}

variable "tags" {
  description = "Tags for everything in this module, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
