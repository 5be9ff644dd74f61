data "aws_cloudfront_cache_policy" "pages" {
  name = "Managed-CachingOptimized"
}

data "aws_cloudfront_origin_request_policy" "api" {
  name = "Managed-AllViewerExceptHostHeader"
}

# Nothing of the API is kept. The token is part of the key all the same: CloudFront answers requests of one key that come at
# the same moment with one answer of the origin.
resource "aws_cloudfront_cache_policy" "api" {
  name        = "${local.global_name}-api"
  comment     = "Keeps nothing, and tells callers apart"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 1

  parameters_in_cache_key_and_forwarded_to_origin {
    enable_accept_encoding_brotli = true
    enable_accept_encoding_gzip   = true

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Authorization"]
      }
    }

    query_strings_config {
      query_string_behavior = "all"
    }

    cookies_config {
      cookie_behavior = "none"
    }
  }
}

resource "aws_cloudfront_origin_access_control" "pages" {
  name                              = "${local.global_name}-pages"
  description                       = "Signs what CloudFront asks the bucket of the pages"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_response_headers_policy" "pages" {
  # checkov:skip=CKV_AWS_259:Transport security is strict for two years; the subdomains of a domain of one's own, and browsers' lists, are not ours to decide on.
  name    = "${local.global_name}-pages"
  comment = "What a browser may do with the pages"

  security_headers_config {
    content_security_policy {
      content_security_policy = local.security_policy
      override                = true
    }

    content_type_options {
      override = true
    }

    frame_options {
      frame_option = "DENY"
      override     = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 63072000
      override                   = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = {
        cross-origin-opener-policy   = "same-origin"
        cross-origin-resource-policy = "same-origin"
        permissions-policy           = "camera=(self), microphone=(), geolocation=()"
      }

      content {
        header   = items.key
        value    = items.value
        override = true
      }
    }
  }
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_68:A web application firewall costs $5 a month and more; the API is throttled and wants a token.
  # checkov:skip=CKV2_AWS_47:The same; nothing here is Java.
  # checkov:skip=CKV_AWS_86:Access logs would hold the addresses of who uses the pages.
  # checkov:skip=CKV_AWS_174:Without a domain of one's own CloudFront allows no other minimum than its own; with one it is TLS 1.2.
  # checkov:skip=CKV_AWS_310:The pages have one bucket, and the API is one.
  # checkov:skip=CKV_AWS_374:Who may use the pages is who can sign in, wherever they are.
  # checkov:skip=CKV2_AWS_42:A certificate is needed for a domain of one's own only.
  comment             = "${var.name_prefix}: pages and API"
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  default_root_object = "index.html"
  price_class         = var.price_class
  aliases             = var.domain[*].name

  origin {
    origin_id                = local.pages
    domain_name              = aws_s3_bucket.this.bucket_regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.pages.id
  }

  origin {
    origin_id   = local.api
    domain_name = regex("^https?://(.*)$", var.api_endpoint)[0]

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
      origin_read_timeout    = 30
    }
  }

  default_cache_behavior {
    target_origin_id           = local.pages
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = data.aws_cloudfront_cache_policy.pages.id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.pages.id
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.api_paths

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = local.api
      viewer_protocol_policy     = "https-only"
      allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
      cached_methods             = ["GET", "HEAD"]
      compress                   = true
      cache_policy_id            = aws_cloudfront_cache_policy.api.id
      origin_request_policy_id   = data.aws_cloudfront_origin_request_policy.api.id
      response_headers_policy_id = aws_cloudfront_response_headers_policy.pages.id
    }
  }

  # CloudFront keeps errors for 10 s unless told otherwise: who waits for a check-in's outcome asks again after a 404.
  dynamic "custom_error_response" {
    for_each = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = 0
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = one(var.domain[*].certificate_arn)
    ssl_support_method             = var.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
  }

  tags = var.tags
}
