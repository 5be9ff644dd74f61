mock_provider "aws" {
  source = "../../tests/mocks"
}

variables {
  name_prefix = "school"
  function = {
    name       = "school-api"
    invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:school-api/invocations"
  }
  tokens = {
    issuer    = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf"
    audiences = ["1example23456789"]
  }
}

run "everything_but_health_and_document_wants_a_token" {
  command = plan

  assert {
    condition = toset([for route in aws_apigatewayv2_route.this : route.route_key if route.authorization_type == "JWT"]) == toset([
      "GET /v1/{proxy+}", "POST /v1/{proxy+}", "PUT /v1/{proxy+}", "PATCH /v1/{proxy+}", "DELETE /v1/{proxy+}",
    ])
    error_message = "every method of /v1 wants a token, and OPTIONS is nobody's route"
  }

  assert {
    condition     = toset([for route in aws_apigatewayv2_route.this : route.route_key if route.authorization_type == "NONE"]) == toset(["GET /healthz", "GET /openapi.json"])
    error_message = "health and document are open"
  }

  assert {
    condition = (
      aws_apigatewayv2_authorizer.this.jwt_configuration[0].issuer == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf" &&
      aws_apigatewayv2_authorizer.this.jwt_configuration[0].audience == toset(["1example23456789"])
    )
    error_message = "tokens are those of the pool's client"
  }
}

run "without_other_origins_there_is_no_cors" {
  command = plan

  assert {
    condition     = length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "pages of the same origin need none"
  }
}

run "other_origins_may_call_it" {
  command = plan

  variables {
    cors_origins = ["http://localhost:8080"]
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].allow_origins == toset(["http://localhost:8080"])
    error_message = "the origins are those that were named"
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].allow_headers == toset(["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"])
    error_message = "the pages send these"
  }

  assert {
    condition     = aws_apigatewayv2_api.this.cors_configuration[0].expose_headers == toset(["x-request-id", "retry-after", "content-disposition", "date", "location"])
    error_message = "the pages read these"
  }

  assert {
    condition     = !contains(aws_apigatewayv2_api.this.cors_configuration[0].allow_methods, "*")
    error_message = "the methods are named"
  }
}

run "the_access_log_tells_of_nobody" {
  command = plan

  assert {
    condition     = length(regexall("(?i)identity|sourceIp|userAgent|claims|context.path|queryString", aws_apigatewayv2_stage.this.access_log_settings[0].format)) == 0
    error_message = "no address, no path, no claim"
  }

  assert {
    condition     = aws_apigatewayv2_stage.this.name == "$default" && aws_apigatewayv2_stage.this.default_route_settings[0].throttling_rate_limit == 50
    error_message = "the default stage is throttled"
  }
}

run "only_this_api_calls_the_function" {
  command = apply

  assert {
    condition     = aws_lambda_permission.api.source_arn == "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*/*" && aws_lambda_permission.api.function_name == "school-api"
    error_message = "the permission names the API"
  }
}

run "wrong_inputs_are_refused" {
  command = plan

  variables {
    name_prefix  = "1school"
    tokens       = { issuer = "cognito", audiences = [] }
    cors_origins = ["https://pages.example.org/"]
    throttling   = { rate = 0 }
  }

  expect_failures = [var.name_prefix, var.tokens, var.cors_origins, var.throttling]
}
