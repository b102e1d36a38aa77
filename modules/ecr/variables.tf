variable "name" {
  description = "Name of the repository, with or without namespaces: `team/app`."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+(?:[._/-][a-z0-9]+)*$", var.name)) && length(var.name) >= 2
    error_message = "The name must be 2 or more lower-case letters and digits, separated by single dots, hyphens, underscores or slashes."
  }
}

variable "image_tag_mutability" {
  description = "Whether a tag can be moved to another image (`MUTABLE`) or not (`IMMUTABLE`)."
  type        = string
  default     = "IMMUTABLE"

  validation {
    condition     = contains(["MUTABLE", "IMMUTABLE"], var.image_tag_mutability)
    error_message = "The mutability must be MUTABLE or IMMUTABLE."
  }
}

variable "scan_on_push" {
  description = "Whether images are scanned for known vulnerabilities as they arrive."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "ARN of the KMS key that encrypts the images. If null, S3's own encryption (AES256) is used."
  type        = string
  default     = null
}

variable "force_delete" {
  description = "Whether the repository may be destroyed while there are images in it."
  type        = bool
  default     = false
}

variable "keep_tagged" {
  description = "How many tagged images to keep, by prefix of the tag. An empty map keeps all."
  type        = map(number)
  default     = { v = 20 }

  validation {
    condition     = alltrue([for count in values(var.keep_tagged) : count >= 1])
    error_message = "At least one image must be kept per prefix."
  }
}

variable "untagged_days" {
  description = "After how many days untagged images are deleted. If null, never."
  type        = number
  default     = 14

  validation {
    condition     = var.untagged_days == null ? true : var.untagged_days >= 1
    error_message = "The number of days must be at least 1."
  }
}

variable "tags" {
  description = "Tags for the repository, beside the provider's default tags."
  type        = map(string)
  default     = {}
}
