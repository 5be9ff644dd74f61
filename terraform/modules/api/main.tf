locals {
  # Methods one by one: a route for ANY would take the questions that browsers ask first (OPTIONS) and want a token for them.
  methods = ["DELETE", "GET", "PATCH", "POST", "PUT"]
  routes = merge(
    { for method in local.methods : "${method} /v1/{proxy+}" => true },
    { "GET /healthz" = false, "GET /openapi.json" = false },
  )
}

resource "aws_apigatewayv2_api" "this" {
  name          = "${var.name_prefix}-api"
  description   = "Attendance"
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.cors_origins) > 0 ? [var.cors_origins] : []

    content {
      allow_origins  = cors_configuration.value
      allow_methods  = local.methods
      allow_headers  = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"]
      expose_headers = ["content-disposition", "date", "location", "retry-after", "x-request-id"]
      max_age        = 3600
    }
  }

  tags = var.tags
}

resource "aws_apigatewayv2_authorizer" "this" {
  api_id           = aws_apigatewayv2_api.this.id
  name             = "tokens"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.tokens.issuer
    audience = var.tokens.audiences
  }
}

resource "aws_apigatewayv2_integration" "this" {
  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = var.function.invoke_arn
  integration_method     = "POST"
  payload_format_version = "2.0"
  timeout_milliseconds   = 29000
}

resource "aws_apigatewayv2_route" "this" {
  # checkov:skip=CKV_AWS_309:`/healthz` and `/openapi.json` tell nothing of anybody and are open; every other route wants a token.
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  target             = "integrations/${aws_apigatewayv2_integration.this.id}"
  authorization_type = each.value ? "JWT" : "NONE"
  authorizer_id      = each.value ? aws_apigatewayv2_authorizer.this.id : null
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttling.rate
    throttling_burst_limit = var.throttling.burst
  }

  # Neither who asked nor for whom: no address, no path, no token. The function logs the same request id.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      time     = "$context.requestTime"
      request  = "$context.requestId"
      route    = "$context.routeKey"
      status   = "$context.status"
      bytes    = "$context.responseLength"
      millis   = "$context.responseLatency"
      function = "$context.integrationLatency"
      refused  = "$context.authorizer.error"
      error    = "$context.error.responseType"
    })
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_group" "access" {
  # checkov:skip=CKV_AWS_158:CloudWatch encrypts logs with a key of its own, or with `kms_key_arn`; nothing personal is in them.
  # checkov:skip=CKV_AWS_338:How long is `log_retention_days`; a year is longer than logs of attendance should be kept by default.
  name              = "/aws/vendedlogs/${var.name_prefix}-api-access"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_permission" "api" {
  statement_id  = "api"
  action        = "lambda:InvokeFunction"
  function_name = var.function.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}
