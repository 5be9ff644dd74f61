output "endpoint" {
  description = "The API's origin, such as `https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com`."
  value       = aws_apigatewayv2_api.this.api_endpoint
}

output "id" {
  description = "The API's id."
  value       = aws_apigatewayv2_api.this.id
}

output "execution_arn" {
  description = "What the ARNs of the API's methods begin with."
  value       = aws_apigatewayv2_api.this.execution_arn
}
