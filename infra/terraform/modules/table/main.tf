# The table: changesets, cursor, leases, metrics. Keys and indices are the program's; changing one of them here would
# replace the table.

locals {
  provisioned = var.billing == "provisioned"
}

resource "aws_dynamodb_table" "this" {
  name           = var.name
  billing_mode   = local.provisioned ? "PROVISIONED" : "PAY_PER_REQUEST"
  read_capacity  = local.provisioned ? var.capacity.table_read : null
  write_capacity = local.provisioned ? var.capacity.table_write : null
  hash_key       = "pk"
  range_key      = "sk"

  deletion_protection_enabled = var.deletion_protection
  stream_enabled              = var.stream
  stream_view_type            = var.stream ? "NEW_AND_OLD_IMAGES" : null
  tags                        = var.tags

  dynamic "attribute" {
    for_each = ["pk", "sk", "state", "due", "day", "updated"]

    content {
      name = attribute.value
      type = "S"
    }
  }

  # By state, then by when something is to be done: the supervisor's, and the counts of states.
  global_secondary_index {
    name            = "due"
    hash_key        = "state"
    range_key       = "due"
    projection_type = "KEYS_ONLY"
    read_capacity   = local.provisioned ? var.capacity.index_read : null
    write_capacity  = local.provisioned ? var.capacity.index_write : null
  }

  # What changed, by day: listings.
  global_secondary_index {
    name            = "updated"
    hash_key        = "day"
    range_key       = "updated"
    projection_type = "KEYS_ONLY"
    read_capacity   = local.provisioned ? var.capacity.index_read : null
    write_capacity  = local.provisioned ? var.capacity.index_write : null
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }
}
