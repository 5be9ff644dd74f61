output "pool_id" {
  description = "The user pool's id."
  value       = aws_cognito_user_pool.this.id
}

output "pool_arn" {
  description = "The user pool's ARN."
  value       = aws_cognito_user_pool.this.arn
}

output "issuer" {
  description = "Who signs the tokens."
  value       = "https://cognito-idp.${local.region}.amazonaws.com/${aws_cognito_user_pool.this.id}"
}

output "client_id" {
  description = "The app client of the pages."
  value       = aws_cognito_user_pool_client.pages.id
}

output "domain" {
  description = "The origin of the sign-in pages. Known before anything is made."
  value       = "https://${local.domain_prefix}.auth.${local.region}.amazoncognito.com"
}

output "groups" {
  description = "The names of the groups, `{organization}:{role}`: who is in one has that role."
  value       = keys(local.groups)
}
