//! One life of a deployment, from the first `apply` to `destroy`. One test, since setting up takes a minute and a half.

use std::{collections::BTreeSet, time::Duration};

use osmtracker_pipeline::ports::{Queue, QueueName};

use crate::{
    api::{metrics_of, the_function_answers_what_the_local_program_answers},
    deployment::{Deployment, eventually},
    listeners::Listeners,
    machine::{Machine, until_published, until_quiet},
    operator::{Operator, a_deployment_is_looked_at, a_lost_permission_is_seen_and_mended},
    prometheus::Prometheus,
    support::Site,
};

/// Longest wait for what takes a schedule or two.
const PATIENCE: Duration = Duration::from_secs(300);

/// Kills of functions in the middle of their work.
const KILLS: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_does_what_the_local_program_does_whatever_happens_to_it() {
    let Some(mut machine) = Machine::start().await else { return };
    let listeners = Listeners::of(&machine.cloud.endpoint(), &mut machine.terraform).await;
    nothing_of_value_is_replaced_by_an_upgrade(&mut machine);
    eprintln!("applied within {:?}", machine.terraform.apply());
    only_alarms_drift(&machine);
    let deployment = machine.deployment();
    let expected = machine.expected(&deployment, &listeners).await;
    assert!(expected.len() > 200, "{} documents", expected.len());

    let took = until_published(&deployment, &expected, PATIENCE).await;
    eprintln!("the schedule fired, and everything was published {took:?} after the look began");
    // The recorded hour has changesets of 10,000 and 12,000 changes.
    eprintln!("the most memory in MB: {:.1?}", machine.memory());
    assert!(machine.replay.counters().most_api_calls_at_once() <= 2, "the API's rule of two downloads at a time");
    the_function_answers_what_the_local_program_answers(&machine, &deployment).await;
    listeners.the_index_equals_that_of_the_local_program(PATIENCE).await;
    listeners.nobody_was_told().await;
    nothing_was_scanned(&machine);

    let operator = Operator::of(&machine);
    a_deployment_is_looked_at(&operator).await;
    a_lost_permission_is_seen_and_mended(&machine, &deployment, &operator, PATIENCE).await;
    poison_is_put_aside_and_comes_back(&deployment, &operator).await;
    disturbed(&mut machine, &deployment, &listeners, &expected).await;
    // The local cloud forgets its streams when it is restarted, as AWS does after a day: that is what rebuilding is for.
    let rebuilt = operator.json(&["admin", "search", "reindex", "--yes"]).await;
    eprintln!("the index was rebuilt: {rebuilt}");
    listeners.the_index_equals_that_of_the_local_program(Duration::ZERO).await;
    another_title_is_on_every_list(&mut machine, &deployment, &expected).await;

    eprintln!("destroyed within {:?}", machine.terraform.destroy());
    listeners.leave().await;
    nothing_is_left(&machine).await;
}

/// Messages and results outlive a release: the deployment of the commit before is changed where it stands.
fn nothing_of_value_is_replaced_by_an_upgrade(machine: &mut Machine) {
    const OF_VALUE: [&str; 3] = ["aws_dynamodb_table", "aws_s3_bucket", "aws_sqs_queue"];
    for planned in machine.apply_previous().into_iter().flatten() {
        let goes = planned.actions.iter().any(|action| action == "delete");
        assert!(!goes || !OF_VALUE.contains(&planned.kind.as_str()), "{planned:?}");
    }
}

/// The local cloud tells less of an alarm than AWS does; everything else is as it was applied.
fn only_alarms_drift(machine: &Machine) {
    const NOT_TOLD: [&str; 9] = [
        "actions_enabled",
        "alarm_description",
        "datapoints_to_alarm",
        "dimensions",
        "metric_query",
        "period",
        "statistic",
        "treat_missing_data",
        "unit",
    ];
    for planned in machine.terraform.plan() {
        let unexpected: Vec<_> =
            planned.attributes().into_iter().filter(|attribute| !NOT_TOLD.contains(&attribute.as_str())).collect();
        assert_eq!(planned.kind, "aws_cloudwatch_metric_alarm", "{planned:?}");
        assert_eq!(unexpected, Vec::<String>::new(), "{}", planned.address);
    }
}

fn nothing_was_scanned(machine: &Machine) {
    let counts = machine.proxy.take_counts();
    for ((function, kind), count) in &counts {
        eprintln!("  {function:>10} {kind:<28} {count}");
    }
    let scans: Vec<_> = counts.keys().filter(|(_, kind)| kind.ends_with(" Scan")).collect();
    assert_eq!(scans, Vec::<&(String, String)>::new());
    let functions: BTreeSet<_> = counts.keys().map(|(function, _)| function.as_str()).collect();
    let all = ["analyser", "api", "filter", "notifier", "publisher", "search", "supervisor", "tracker"];
    assert!(functions.is_superset(&all.into()), "all functions are named in their requests: {functions:?}");
}

/// What cannot be processed ends in the dead letters of its queue, holds nothing up, and comes back when it is redriven.
async fn poison_is_put_aside_and_comes_back(deployment: &Deployment, operator: &Operator) {
    for queue in QueueName::ALL {
        deployment.queue.send(queue, vec![r#"{"schema":1,"this is":"no message"}"#.to_owned()]).await.unwrap();
    }
    eventually("poison is put aside", PATIENCE, async || deployment.dead().await == [1, 1, 1, 1]).await;
    assert_eq!(operator.dead().await, [1, 1, 1, 1]);
    let letters = operator.must(&["admin", "queues", "show"]).await;
    assert_eq!(letters.matches("no message").count(), 4, "{letters}");
    assert_eq!(operator.json(&["admin", "queues", "redrive", "--yes"]).await["moved"], 4);
    eventually("poison is put aside again", PATIENCE, async || deployment.dead().await == [1, 1, 1, 1]).await;
    until_quiet(deployment, PATIENCE).await;
}

/// Everything once more from the beginning, with functions killed in the middle of their work, requests throttled,
/// acknowledgements lost and the whole cloud restarted: nothing is lost, nothing doubled. Now everybody is told, too.
async fn disturbed(machine: &mut Machine, deployment: &Deployment, listeners: &Listeners, expected: &Site) {
    machine.proxy.deny(Some(("tracker", "dynamodb GetItem")));
    deployment.wipe().await;
    listeners.began_long_ago(&deployment.store).await;
    listeners.the_index_is_emptied(PATIENCE).await;
    machine.proxy.deny(None);
    let (address, path) = metrics_of(machine, deployment);
    let prometheus = tokio::task::block_in_place(|| Prometheus::scraping(address, &path, 5));
    machine.proxy.disturb(20, 20);
    let mut killed = Vec::new();
    while killed.len() < KILLS {
        if killed.len() % 4 == 0 {
            deployment.invoke("tracker").await;
            deployment.invoke("supervisor").await;
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(50..700))).await;
        killed.extend(machine.kill_one());
        if killed.len() == KILLS / 2 {
            machine.cloud.restart();
        }
    }
    let faults = machine.proxy.faults();
    machine.proxy.disturb(0, 0);
    killed.sort();
    eprintln!("{} functions were killed, {faults} requests went wrong: {killed:?}", killed.len());
    assert!(faults > 0);
    let took = until_published(deployment, expected, 2 * PATIENCE).await;
    eprintln!("everything was published {took:?} later");
    assert_eq!(deployment.dead().await, [1, 1, 1, 1], "nothing was put aside but the poison");
    let (scrapes, series) = tokio::task::block_in_place(|| watched(prometheus));
    eprintln!("Prometheus scraped the API {scrapes} times, and none of {series} rising series fell");
    let notifiers = killed.iter().filter(|name| name.ends_with("notifier")).count();
    listeners.everybody_was_told_once(deployment, notifiers, PATIENCE).await;
}

/// How often the API was scraped, and of how many series that only rise none ever fell. It told what was done.
fn watched(prometheus: Prometheus) -> (u32, usize) {
    prometheus.wait_for_scrapes(prometheus.scrapes() + 1);
    let analysed = prometheus.query("osmtracker_events{event=\"analysis\",action=\"out\"} > 0");
    assert_eq!(analysed.len(), 1, "{analysed:?}");
    (prometheus.scrapes(), prometheus.assert_nothing_came_twice_or_fell())
}

/// A second `apply` with another variable changes what it says and nothing else, and functions take it up by themselves.
async fn another_title_is_on_every_list(machine: &mut Machine, deployment: &Deployment, expected: &Site) {
    machine.terraform.set("title", "Another title");
    let planned = machine.terraform.plan();
    for planned in planned.iter().filter(|planned| planned.kind != "aws_cloudwatch_metric_alarm") {
        assert_eq!(planned.kind, "aws_s3_object", "{planned:?}");
        assert_eq!(planned.actions, ["update"], "{planned:?}");
    }
    eprintln!("applied again within {:?}", machine.terraform.apply());
    let is_told = async || deployment.text("site/index.html").await.unwrap().contains("Another title");
    let took = eventually("the title is on the list", PATIENCE, is_told).await;
    eprintln!("the new title was on the list {took:?} later");
    until_quiet(deployment, PATIENCE).await;
    let site = deployment.site().await;
    assert_eq!(site.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
}

async fn nothing_is_left(machine: &Machine) {
    let clients =
        osmtracker_aws::Clients::of_local_cloud(&machine.cloud.endpoint(), osmtracker_testkit::local_cloud::REGION);
    assert_eq!(clients.s3.list_buckets().send().await.unwrap().buckets().len(), 0);
    assert_eq!(clients.dynamodb.list_tables().send().await.unwrap().table_names().len(), 0);
    assert_eq!(clients.sqs.list_queues().send().await.unwrap().queue_urls().len(), 0);
    assert_eq!(machine.terraform.outputs().as_object().unwrap().len(), 0);
}
