variable "region" {
  description = "Where everything is."
  type        = string
  default     = "eu-west-1"
}

variable "name_prefix" {
  description = "What every name begins with."
  type        = string
  default     = "attendance-sql"
}

variable "package_dir" {
  description = "The folder with the functions' zips; null: where `cargo xtask package` puts them."
  type        = string
  default     = null
}

variable "disposable" {
  description = "Whether `terraform destroy` deletes everything, with all data."
  type        = bool
  default     = false
}

variable "mail_from" {
  description = "The e-mail address that messages come from, and that gets those for operators. SES asks its owner to confirm it."
  type        = string
}
