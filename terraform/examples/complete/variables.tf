variable "region" {
  description = "Where everything is, but for CloudFront."
  type        = string
  default     = "eu-west-1"
}

variable "name_prefix" {
  description = "What every name begins with."
  type        = string
  default     = "attendance"
}

variable "first_admin" {
  description = "The e-mail address of the first admin, who gets an invitation."
  type        = string
  default     = null
}

variable "operators" {
  description = "E-mail addresses of those who are told of strangers."
  type        = set(string)
  default     = []
}

variable "alarm_email" {
  description = "The e-mail address that gets alarms, and is told when the budget is passed."
  type        = string
  default     = null
}

variable "origins" {
  description = "Origins of other pages, such as `http://localhost:8080`."
  type        = list(string)
  default     = []
}

variable "environment" {
  description = "More environment variables of every function."
  type        = map(string)
  default     = {}
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
