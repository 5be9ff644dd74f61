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

variable "pages_dir" {
  description = "The folder of the pages: `examples/web` of the repository. Its README and config.json stay there."
  type        = string
}

variable "api_endpoint" {
  description = "The API's origin: it is served beside the pages, as `/v1/...`."
  type        = string

  validation {
    condition     = can(regex("^https?://[^/]+$", var.api_endpoint))
    error_message = "api_endpoint: write the API's origin, such as \"https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com\"."
  }
}

# Two inputs, not one object: the distribution needs the first, and the app client needs the distribution.
variable "sign_in_domain" {
  description = "The origin of the sign-in pages."
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+$", var.sign_in_domain))
    error_message = "sign_in_domain: write the origin of the sign-in pages, such as \"https://school.auth.eu-west-1.amazoncognito.com\"."
  }
}

variable "sign_in_client" {
  description = "The app client of the pages: an id."
  type        = string
}

variable "images_bucket" {
  description = "The bucket that the pages upload pictures to, by a form that the API signs; null: pictures go to the API."
  type        = string
  default     = null
}

variable "domain" {
  description = "A name of one's own instead of CloudFront's, with its certificate, which has to be in us-east-1. Its DNS record, an alias of `distribution_domain`, is made elsewhere."
  type = object({
    name            = string
    certificate_arn = string
  })
  default = null

  validation {
    condition     = var.domain == null || can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", var.domain.name))
    error_message = "domain.name: write a name without https://, such as \"attendance.example.org\"."
  }

  validation {
    condition     = var.domain == null || can(regex("^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/.+$", var.domain.certificate_arn))
    error_message = "domain.certificate_arn: write the ARN of a certificate in us-east-1, where CloudFront looks for it: \"arn:aws:acm:us-east-1:ACCOUNT:certificate/ID\"."
  }
}

variable "price_class" {
  description = "From where the pages are served: `PriceClass_100` (North America, Europe), `PriceClass_200` or `PriceClass_All`."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class: write \"PriceClass_100\", \"PriceClass_200\" or \"PriceClass_All\"."
  }
}

variable "force_destroy" {
  description = "Whether the bucket is destroyed with what somebody else put into it."
  type        = bool
  default     = false
}
