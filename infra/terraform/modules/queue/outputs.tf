output "name" {
  description = "Name of the queue."
  value       = var.name
}

output "arn" {
  description = "ARN of the queue."
  value       = local.arn
}

output "url" {
  description = "URL of the queue, known when it exists."
  value       = aws_sqs_queue.this.url
}

output "visibility_seconds" {
  description = "Seconds that a received message is hidden."
  value       = aws_sqs_queue.this.visibility_timeout_seconds
}

output "dead_name" {
  description = "Name of the queue of dead letters."
  value       = local.dead_name
}

output "dead_arn" {
  description = "ARN of the queue of dead letters."
  value       = local.dead_arn
}

output "dead_url" {
  description = "URL of the queue of dead letters, known when it exists."
  value       = aws_sqs_queue.dead.url
}

output "policy" {
  description = "The queue's policy as JSON; null without one."
  value       = aws_sqs_queue.this.policy
}
