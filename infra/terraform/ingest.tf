# Events of OpenStreetMap's own bucket: with them the tracker starts some seconds after a file is there. The schedule
# stays, as the safety net.

locals {
  events = var.ingest == "events"

  planet_topics = {
    for region in ["eu-central-1", "us-west-2"] : region => "arn:aws:sns:${region}:630658470130:osm-planet-${region}-notifications"
  }
  planet_topic = try(coalesce(var.planet_topic_arn, lookup(local.planet_topics, local.region, "")), "")

  ingest_queues = { for key, queue in module.planet_queue : key => {
    arn            = queue.arn
    batch          = 10
    window_seconds = 5 # a minute is several files
    concurrency    = 2
  } }
  ingest_statements = local.events ? [{ actions = local.receive_actions, resources = ["${local.queue_arn}-planet"] }] : []
}

module "planet_queue" {
  source   = "./modules/queue"
  for_each = toset(local.events ? ["planet"] : [])

  name               = "${var.name}-planet"
  visibility_seconds = 6 * local.settings["tracker"].timeout_seconds + 5
  max_receive_count  = 8
  retention_days     = 1
  max_message_bytes  = 262144 # what a topic may send
  allow_http         = var.allow_http
  policy_statements = [{
    Sid       = "OnlyThisTopic"
    Effect    = "Allow"
    Principal = { Service = "sns.amazonaws.com" }
    Action    = "sqs:SendMessage"
    Resource  = "${local.queue_arn}-planet"
    Condition = { ArnEquals = { "aws:SourceArn" = local.planet_topic } }
  }]
  tags = var.tags
}

resource "aws_sns_topic_subscription" "planet" {
  count = local.events ? 1 : 0

  topic_arn            = local.planet_topic
  protocol             = "sqs"
  endpoint             = module.planet_queue["planet"].arn
  raw_message_delivery = true
  filter_policy_scope  = "MessageBody"
  filter_policy = jsonencode({
    Records = { s3 = { object = { key = [{ prefix = "changesets/replication/minute/" }] } } }
  })

  # The topic asks the queue whether it may.
  depends_on = [module.planet_queue]

  lifecycle {
    # A subscription is made where its topic is.
    precondition {
      condition     = try(split(":", local.planet_topic)[3], "") == local.region
      error_message = "Events need a topic in the deployment's region: deploy to eu-central-1 or us-west-2, or set planet_topic_arn."
    }
  }
}
