# The API's function is one of functions.tf. Here: who may ask it at its own address besides those whom `api_authorization`
# lets in.

# Since October 2025 a function URL wants both.
resource "aws_lambda_permission" "distribution" {
  for_each = toset(var.api && var.delivery == "cloudfront" ? ["lambda:InvokeFunctionUrl", "lambda:InvokeFunction"] : [])

  function_name          = module.function["api"].name
  statement_id           = replace(each.value, "lambda:", "Distribution")
  action                 = each.value
  principal              = "cloudfront.amazonaws.com"
  source_arn             = module.site.distribution_arn
  function_url_auth_type = each.value == "lambda:InvokeFunctionUrl" ? var.api_authorization : null
}
