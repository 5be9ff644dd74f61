output "identifier" {
  description = "The server's identifier in RDS."
  value       = aws_db_instance.database.identifier
}

output "host" {
  description = "Where to connect: the proxy, or the server if there is none."
  value       = var.proxy ? aws_db_proxy.database[0].endpoint : aws_db_instance.database.address
}

output "port" {
  description = "The port of the host."
  value       = local.engine.port
}

output "name" {
  description = "The database's name on its server."
  value       = aws_db_instance.database.db_name
}

output "secret_arn" {
  description = "The ARN of the secret with the login, which RDS rotates."
  value       = aws_db_instance.database.master_user_secret[0].secret_arn
}

output "policies" {
  description = "A policy as JSON for the capability to connect: to read the login."
  value = {
    connect = data.aws_iam_policy_document.connect.json
  }
}
