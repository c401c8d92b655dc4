# What each function may do: exactly that, on exactly those. The module adds writing the function's own log.

locals {
  rights = {
    read_config = {
      # Without ListBucket an absent object is "access denied", not "not found"; so below.
      config = { actions = ["s3:GetObject"], resources = ["${local.private_arn}/config/*"] }
      list   = { actions = ["s3:ListBucket"], resources = [local.private_arn] }
    }
    list_site   = { actions = ["s3:ListBucket"], resources = [local.site_arn] }
    query_due   = { actions = ["dynamodb:Query"], resources = ["${local.table_arn}/index/due"] }
    write_rows  = { actions = local.row_actions, resources = [local.table_arn] }
    drop_rows   = { actions = ["dynamodb:DeleteItem"], resources = [local.table_arn] }
    read_rows   = { actions = ["dynamodb:BatchGetItem"], resources = [local.table_arn] }
    read_row    = { actions = ["dynamodb:GetItem"], resources = [local.table_arn] }
    query_table = { actions = ["dynamodb:Query"], resources = [local.table_arn] }
    receive     = { for queue in keys(local.workers) : queue => { actions = local.receive_actions, resources = ["${local.queue_arn}-${queue}"] } }
    send        = { for queue in keys(local.workers) : queue => { actions = ["sqs:SendMessage"], resources = ["${local.queue_arn}-${queue}"] } }
    # What no further delivery mends is put aside by the function itself.
    put_aside = { for queue in keys(local.workers) : queue => { actions = ["sqs:SendMessage"], resources = ["${local.queue_arn}-${queue}-dead"] } }
    count_all = {
      actions   = ["sqs:GetQueueAttributes"]
      resources = flatten([for queue in keys(local.workers) : ["${local.queue_arn}-${queue}", "${local.queue_arn}-${queue}-dead"]])
    }
  }
  row_actions     = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
  receive_actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]

  statements = { for name, own in {
    tracker = concat([
      { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = [local.table_arn] },
      local.rights.drop_rows, # its lease
      local.rights.query_due,
      local.rights.send["filter"],
      local.rights.list_site,
      { actions = ["s3:GetObject", "s3:PutObject"], resources = ["${local.site_arn}/status.json"] },
    ], local.ingest_statements)

    filter = [
      local.rights.receive["filter"],
      local.rights.put_aside["filter"],
      local.rights.write_rows,
      local.rights.send["analysis"],
      local.rights.send["publish"],
    ]

    analyser = [
      local.rights.receive["analysis"],
      local.rights.put_aside["analysis"],
      local.rights.write_rows,
      local.rights.send["publish"],
      { actions = ["s3:PutObject"], resources = ["${local.private_arn}/analysis/*", "${local.site_arn}/changesets/*"] },
    ]

    publisher = [
      local.rights.receive["publish"],
      local.rights.put_aside["publish"],
      local.rights.write_rows,
      local.rights.read_rows,
      local.rights.drop_rows,
      local.rights.query_due,
      local.rights.send["analysis"],
      local.rights.send["notify"],
      local.rights.list_site,
      {
        actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]
        resources = ["${local.site_arn}/*", "${local.private_arn}/analysis/*", "${local.private_arn}/publish/*"]
      },
    ]

    supervisor = [
      local.rights.write_rows,
      local.rights.drop_rows,
      local.rights.query_table,
      local.rights.query_due,
      local.rights.send["analysis"],
      local.rights.send["publish"],
      local.rights.send["notify"],
      local.rights.count_all,
      local.rights.list_site,
      { actions = ["s3:GetObject", "s3:PutObject"], resources = ["${local.site_arn}/status.json"] },
      { actions = ["s3:PutObject", "s3:DeleteObject"], resources = ["${local.site_arn}/metrics"] },
      { actions = ["s3:GetObject", "s3:PutObject"], resources = ["${local.private_arn}/operations/ledger.json"] }, # of the cost
    ]

    # It answers strangers: nothing that writes.
    api = [
      local.rights.read_row,
      local.rights.read_rows,
      local.rights.query_table,
      local.rights.query_due,
      { actions = ["dynamodb:Query"], resources = ["${local.table_arn}/index/updated"] },
      local.rights.count_all,
      local.rights.list_site,
      {
        actions   = ["s3:GetObject"]
        resources = ["${local.site_arn}/changesets/*", "${local.site_arn}/status.json", "${local.private_arn}/analysis/*", "${local.private_arn}/publish/*"]
      },
    ]

    search = local.search_statements

    notifier = concat([
      local.rights.receive["notify"],
      local.rights.put_aside["notify"],
      local.rights.write_rows,
      local.rights.read_rows,
      ], length(var.notify_topics) == 0 ? [] : [
      { actions = ["sns:Publish"], resources = var.notify_topics },
      ], length(var.notify_parameters) == 0 ? [] : [
      # Decrypted with the key that AWS keeps for parameters, which asks for no right of its own.
      { actions = ["ssm:GetParameter"], resources = [for name in var.notify_parameters : "${local.parameter_arn}${name}"] },
    ])
  } : name => concat(values(local.rights.read_config), own) }
}
