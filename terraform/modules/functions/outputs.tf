output "functions" {
  description = "Of each function: `name`, `arn` and `invoke_arn`."
  value = {
    for name, function in aws_lambda_function.this :
    name => { name = function.function_name, arn = function.arn, invoke_arn = function.invoke_arn }
  }

  precondition {
    condition     = alltrue([for zip in local.zips : fileexists(zip)])
    error_message = "package_dir: there is no ${join(", ", [for name, zip in local.zips : "${name}.zip" if !fileexists(zip)])} in ${var.package_dir}. Run `cargo xtask package` in the repository, or write the folder with the zips."
  }
}

output "dead_letter_queues" {
  description = "Of each function that has one, its dead-letter queue: `name`, `arn` and `url`."
  value = {
    for name, queue in aws_sqs_queue.dead_letters :
    name => { name = queue.name, arn = queue.arn, url = queue.url }
  }
}

output "wildcards" {
  description = "Why a statement of this sid has the resource `*`."
  value = var.network == null ? {} : {
    InterfacesDescribe = "EC2's Describe actions take no resource; Lambda calls them for the function, whose code is denied them."
  }
}
