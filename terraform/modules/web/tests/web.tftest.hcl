mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix    = "school"
  pages_dir      = "../../../examples/web"
  api_endpoint   = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
  images_bucket  = "school-images-123456789012-eu-west-1"
  sign_in_domain = "https://school-15e2b0d3.auth.eu-west-1.amazoncognito.com"
  sign_in_client = "1example23456789"
}

run "every_page_is_there_with_its_type" {
  command = plan

  assert {
    condition     = aws_s3_object.page["index.html"].content_type == "text/html; charset=utf-8" && aws_s3_object.page["js/api.js"].content_type == "text/javascript; charset=utf-8"
    error_message = "pages and modules have the types that browsers want"
  }

  assert {
    condition     = alltrue([for page in aws_s3_object.page : page.content_type != "application/octet-stream"])
    error_message = "every file has a known type"
  }

  assert {
    condition     = alltrue([for page in aws_s3_object.page : page.cache_control == "no-cache"])
    error_message = "the names of pages do not change with their content"
  }

  assert {
    condition     = !contains(keys(aws_s3_object.page), "README.md") && !contains(keys(aws_s3_object.page), "config.json")
    error_message = "the desk's config.json and the README stay where they are"
  }
}

run "the_pages_are_told_where_to_sign_in" {
  command = plan

  assert {
    condition = jsondecode(aws_s3_object.config.content) == {
      api     = ""
      sign_in = { kind = "cognito", domain = "https://school-15e2b0d3.auth.eu-west-1.amazoncognito.com", client_id = "1example23456789" }
      upload  = "presigned"
    }
    error_message = "config.json"
  }

  assert {
    condition     = aws_s3_object.config.cache_control == "no-store"
    error_message = "config.json is never an old one"
  }
}

run "a_browser_may_do_what_the_pages_do" {
  command = plan

  assert {
    condition = (
      aws_cloudfront_response_headers_policy.pages.security_headers_config[0].content_security_policy[0].content_security_policy ==
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self' https://school-15e2b0d3.auth.eu-west-1.amazoncognito.com https://school-images-123456789012-eu-west-1.s3.eu-west-1.amazonaws.com; manifest-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    )
    error_message = "the policy that examples/web/README.md asks for"
  }

  assert {
    condition = { for item in aws_cloudfront_response_headers_policy.pages.custom_headers_config[0].items : item.header => item.value } == {
      cross-origin-opener-policy   = "same-origin"
      cross-origin-resource-policy = "same-origin"
      permissions-policy           = "camera=(self), microphone=(), geolocation=()"
    }
    error_message = "the headers that examples/web/README.md asks for"
  }
}

run "the_api_has_the_origin_of_the_pages" {
  command = plan

  assert {
    condition     = [for behavior in aws_cloudfront_distribution.this.ordered_cache_behavior : behavior.path_pattern if behavior.target_origin_id == "api"] == ["/v1/*", "/healthz", "/openapi.json"]
    error_message = "what the API answers"
  }

  assert {
    condition     = one([for origin in aws_cloudfront_distribution.this.origin : origin.domain_name if origin.origin_id == "api"]) == "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"
    error_message = "the API"
  }

  assert {
    condition = (
      aws_cloudfront_cache_policy.api.default_ttl == 0 &&
      aws_cloudfront_cache_policy.api.parameters_in_cache_key_and_forwarded_to_origin[0].headers_config[0].headers[0].items == toset(["Authorization"])
    )
    error_message = "nothing is kept, and nobody is given another's answer"
  }

  assert {
    condition     = alltrue([for error in aws_cloudfront_distribution.this.custom_error_response : error.error_caching_min_ttl == 0])
    error_message = "errors are not kept either"
  }
}

run "only_cloudfront_reads_the_bucket" {
  command = plan

  assert {
    condition = (
      aws_s3_bucket_public_access_block.this.block_public_acls && aws_s3_bucket_public_access_block.this.block_public_policy &&
      aws_s3_bucket_public_access_block.this.ignore_public_acls && aws_s3_bucket_public_access_block.this.restrict_public_buckets
    )
    error_message = "nothing is public"
  }

  assert {
    condition = (
      data.aws_iam_policy_document.bucket.statement[0].actions == toset(["s3:GetObject"]) &&
      one(data.aws_iam_policy_document.bucket.statement[0].principals).identifiers == toset(["cloudfront.amazonaws.com"]) &&
      one(data.aws_iam_policy_document.bucket.statement[0].condition).variable == "AWS:SourceArn"
    )
    error_message = "CloudFront reads, for this distribution"
  }

  assert {
    condition     = data.aws_iam_policy_document.bucket.statement[1].effect == "Deny" && one(data.aws_iam_policy_document.bucket.statement[1].condition).variable == "aws:SecureTransport"
    error_message = "by TLS only"
  }
}

run "without_a_bucket_of_images_pictures_go_to_the_api" {
  command = plan

  variables {
    images_bucket = null
  }

  assert {
    condition     = jsondecode(aws_s3_object.config.content).upload == "direct"
    error_message = "config.json"
  }
}

run "a_domain_of_ones_own" {
  command = plan

  variables {
    domain = { name = "attendance.example.org", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/3f2deaff-4361-c003-9a7b-ea45206732e3" }
  }

  assert {
    condition     = output.url == "https://attendance.example.org" && aws_cloudfront_distribution.this.aliases == toset(["attendance.example.org"])
    error_message = "the pages are there"
  }

  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    error_message = "old versions of TLS are refused"
  }
}

run "without_pages_the_folder_is_named" {
  command = plan

  variables {
    pages_dir = "tests"
  }

  expect_failures = [aws_s3_bucket.this]
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    name_prefix    = "school-"
    api_endpoint   = "https://api.example.org/v1"
    sign_in_domain = "school.auth.eu-west-1.amazoncognito.com"
    domain         = { name = "https://attendance.example.org", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/1" }
    price_class    = "cheap"
  }

  expect_failures = [var.name_prefix, var.api_endpoint, var.sign_in_domain, var.domain, var.price_class]
}
