output "attendance" {
  description = "All that the deployment tells of itself."
  value       = module.attendance
}
