output "name" {
  description = "Name of the function, known when it exists."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function."
  value       = local.arn
}

output "role" {
  description = "Name of the function's role."
  value       = aws_iam_role.this.name
}

output "policy" {
  description = "What the function may do, as JSON."
  value       = aws_iam_role_policy.this.policy
}

output "log_group" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "url" {
  description = "Address of the function; null without one."
  value       = one(aws_lambda_function_url.this[*].function_url)
}

output "timeout_seconds" {
  description = "Seconds after which a run is ended."
  value       = aws_lambda_function.this.timeout
}
