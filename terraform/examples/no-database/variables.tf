variable "region" {
  description = "Where everything is."
  type        = string
  default     = "eu-west-1"
}

variable "name_prefix" {
  description = "What every name begins with."
  type        = string
  default     = "attendance-small"
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
