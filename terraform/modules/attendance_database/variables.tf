variable "name_prefix" {
  description = "What every name begins with."
  type        = string

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.name_prefix)) && length(var.name_prefix) >= 3 && length(var.name_prefix) <= 20
    error_message = "name_prefix: write 3 to 20 of a-z, 0-9 and single '-', beginning with a letter and not ending with '-', such as \"attendance\"."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
}

variable "engine" {
  description = "postgres or mysql."
  type        = string
  default     = "postgres"
  nullable    = false

  validation {
    condition     = contains(["postgres", "mysql"], var.engine)
    error_message = "engine: write postgres or mysql."
  }
}

variable "engine_version" {
  description = "The engine's major version: 17 for PostgreSQL, 8.4 for MySQL if nothing is said. RDS chooses and updates the minor one."
  type        = string
  default     = null

  validation {
    condition     = var.engine_version == null || can(regex(var.engine == "mysql" ? "^[0-9]+\\.[0-9]+$" : "^[0-9]+$", var.engine_version))
    error_message = "engine_version: write the major version only, such as \"17\" of PostgreSQL or \"8.4\" of MySQL."
  }
}

variable "network" {
  description = "Where the server stands, and the security group of those that may connect, to which a rule is added."
  type = object({
    vpc_id                   = string
    subnet_ids               = list(string)
    client_security_group_id = string
  })

  validation {
    condition     = length(var.network.subnet_ids) >= 2
    error_message = "network.subnet_ids: write the ids of two subnets or more, in different zones. RDS asks for that even of a server in one zone."
  }
}

variable "instance" {
  description = "How large the server is, and what it keeps."
  type = object({
    class          = optional(string, "db.t4g.micro")
    storage_gb     = optional(number, 20)
    max_storage_gb = optional(number, 100)
    multi_az       = optional(bool, false)
    backup_days    = optional(number, 7)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^db\\.[a-z0-9-]+\\.[a-z0-9]+$", var.instance.class))
    error_message = "instance.class: write a class of RDS, such as db.t4g.micro or db.r7g.large."
  }
  validation {
    condition     = var.instance.storage_gb >= 20 && var.instance.max_storage_gb >= var.instance.storage_gb * 1.1 && var.instance.max_storage_gb <= 65536
    error_message = "instance: write a storage_gb of 20 or more, and a max_storage_gb at least a tenth above it and not above 65536: the storage grows up to it by itself."
  }
  validation {
    condition     = var.instance.backup_days >= 1 && var.instance.backup_days <= 35 && floor(var.instance.backup_days) == var.instance.backup_days
    error_message = "instance.backup_days: write a whole number of days from 1 to 35. What was erased can be restored as long."
  }
}

variable "proxy" {
  description = "Whether an RDS Proxy shares the server's connections among functions. It costs about as much as a small server."
  type        = bool
  default     = true
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether the server must not be deleted. Set it to false and apply before you destroy."
  type        = bool
  default     = true
  nullable    = false
}

variable "final_snapshot" {
  description = "Whether a last snapshot is taken when the server is deleted. It has to be deleted by hand."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_days" {
  description = "How long the server's logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days: write a number of days that CloudWatch knows, such as 7, 14, 30, 90 or 365."
  }
}

variable "kms_key_arn" {
  description = "Encrypts storage, backups, logs and the login's secret, instead of the account's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn: write the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), or null. An alias will not do."
  }
}
