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

variable "mode" {
  description = "How functions reach AWS: nat (one gateway to everything) or endpoints (one for each service, and no way out)."
  type        = string
  default     = "nat"
  nullable    = false

  validation {
    condition     = contains(["nat", "endpoints"], var.mode)
    error_message = "mode: write nat or endpoints."
  }
}

variable "cidr" {
  description = "The network's private addresses."
  type        = string
  default     = "10.42.0.0/20"
  nullable    = false

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && can(regex("^(10|172\\.(1[6-9]|2[0-9]|3[01])|192\\.168)\\..*/(1[6-9]|2[0-4])$", var.cidr))
    error_message = "cidr: write private addresses of a size from /16 to /24, such as \"10.42.0.0/20\"."
  }
}

variable "zones" {
  description = "In how many zones there are subnets. A database asks for two."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = contains([2, 3], var.zones)
    error_message = "zones: write 2 or 3."
  }
}

variable "nat_per_zone" {
  description = "With nat: whether each zone has a gateway of its own, so that one zone's failure leaves the others connected."
  type        = bool
  default     = false
  nullable    = false
}

variable "endpoint_services" {
  description = "With endpoints: the services that are reached, by the names that PrivateLink has for them. S3 and DynamoDB always are, at no cost."
  type        = set(string)
  default     = ["rekognition", "kinesis-streams", "sns", "sqs", "secretsmanager"]
  nullable    = false

  validation {
    condition     = alltrue([for service in var.endpoint_services : contains(["rekognition", "kinesis-streams", "sns", "sqs", "secretsmanager", "kms", "logs"], service)])
    error_message = "endpoint_services: write any of rekognition, kinesis-streams, sns, sqs, secretsmanager, kms and logs. SES has no endpoint for what functions call: use the mode nat."
  }
}

variable "flow_log_days" {
  description = "How long it is kept who connected to whom (addresses and ports, no contents). 0 keeps none."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.flow_log_days)
    error_message = "flow_log_days: write a number of days that CloudWatch knows, such as 7, 14, 30, 90 or 365, or 0."
  }
}

variable "kms_key_arn" {
  description = "Encrypts the flow log, instead of CloudWatch's own key. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn: write the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID), or null. An alias will not do."
  }
}
