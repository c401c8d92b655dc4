//! `osmtracker doctor`: everything that a pipeline needs, looked at once.

use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use osmtracker_osm::ChangesetId;
use osmtracker_pipeline::{
    metrics::ProblemKind,
    ports::{ObjectMeta, PortError, PutCondition, QueueName},
    steps::{Ports, observe},
    with_causes,
};
use serde::Serialize;

use super::{
    Target,
    print::{Printer, age},
};

/// A clock that is further off than this spoils horizons and signatures.
const CLOCK_SECONDS: i64 = 60;

/// A tracker that has not looked for so long does not run.
const SILENT_SECONDS: i64 = 300;

/// What was looked at, and what is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Finding {
    check: &'static str,
    ok: bool,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, ok: true, says: says.into(), advice: None }
    }

    fn wrong(check: &'static str, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, ok: false, says: says.into(), advice: Some(advice.into()) }
    }

    fn of(check: &'static str, result: Result<String, impl std::error::Error>, advice: &str) -> Self {
        match result {
            Ok(says) => Self::ok(check, says),
            Err(error) => Self::wrong(check, with_causes(&error), advice),
        }
    }

    fn line(&self) -> String {
        let mark = if self.ok { "ok   " } else { "WRONG" };
        let advice = self.advice.as_ref().map(|advice| format!("\n        to do: {advice}")).unwrap_or_default();
        format!("{mark}  {:<13}  {}{advice}", self.check, self.says)
    }
}

/// Something is wrong; it was said already.
#[derive(Debug, thiserror::Error)]
#[error("{0} of {1} checks found something wrong")]
struct Unwell(usize, usize);

/// Looks at everything and prints what to do about each failure.
pub(crate) async fn doctor(target: Target, json: bool) -> Result<()> {
    let ports = &target.ports;
    let mut findings = vec![configuration(ports, &target.name), table(ports).await];
    findings.extend(queues(ports).await);
    findings.push(objects(ports).await);
    findings.push(feed(ports).await);
    findings.push(api(ports).await);
    findings.extend(pipeline(ports).await);
    Printer { json }.answer(&findings, || findings.iter().map(Finding::line).collect())?;
    let wrong = findings.iter().filter(|finding| !finding.ok).count();
    if wrong == 0 { Ok(()) } else { Err(Unwell(wrong, findings.len()).into()) }
}

fn configuration(ports: &Ports, name: &str) -> Finding {
    match ports.config.warnings.as_slice() {
        [] => Finding::ok("configuration", format!("{name}, contact {}", ports.config.contact())),
        warnings => Finding::wrong("configuration", warnings.join("; "), "mend it, then `osmtracker config check`"),
    }
}

async fn table(ports: &Ports) -> Finding {
    let advice = "local: make the data folder writable, with room on its disk; AWS: your rights on the table are lacking, \
                  or it is throttled";
    Finding::of("table", try_table(ports).await, advice)
}

/// Reads, and writes something that is forgotten again.
async fn try_table(ports: &Ports) -> Result<String, PortError> {
    let (now, owner) = (ports.clock.now(), ports.owner.name());
    ports.store.take_lease("doctor", owner, now, now.plus(Duration::from_secs(60))).await?;
    ports.store.release_lease("doctor", owner).await?;
    let rows: u64 = ports.store.state_counts().await?.values().sum();
    Ok(format!("reads and writes; {rows} changesets"))
}

async fn queues(ports: &Ports) -> Vec<Finding> {
    let mut findings = Vec::new();
    for queue in QueueName::ALL {
        let name = match queue {
            QueueName::Filter => "filter queue",
            QueueName::Analysis => "analysis queue",
            QueueName::Publish => "publish queue",
            QueueName::Notify => "notify queue",
        };
        findings.push(match ports.queue.depth(queue).await {
            Err(error) => {
                let advice =
                    "local: see the table; AWS: your rights on the queue are lacking, or it is gone: `terraform apply`";
                Finding::wrong(name, with_causes(&error), advice)
            }
            Ok(depth) if depth.dead > 0 => {
                let advice =
                    "`osmtracker admin queues show` says which; mend the cause, then `osmtracker admin queues redrive`";
                Finding::wrong(name, format!("{} messages were put aside", depth.dead), advice)
            }
            Ok(depth) => Finding::ok(name, format!("{} waiting, {} in flight", depth.waiting, depth.in_flight)),
        });
    }
    findings
}

async fn objects(ports: &Ports) -> Finding {
    let advice =
        "local: make the data folder writable, with room on its disk; AWS: your rights on the buckets are lacking";
    Finding::of("site", try_objects(ports).await, advice)
}

async fn try_objects(ports: &Ports) -> Result<String, PortError> {
    let key = format!("doctor/{}.txt", ports.owner.name());
    let meta = ObjectMeta { content_type: "text/plain", cache_control: "no-store", content_encoding: None };
    ports.site.put(&key, Bytes::from_static(b"a probe"), meta, PutCondition::Always).await?;
    let found = ports.site.get(&key).await?.is_some();
    ports.site.delete(&[key]).await?;
    let has_index = ports.site.get("site/index.html").await?.is_some();
    Ok(match (found, has_index) {
        (true, true) => "reads and writes; the first page is there".to_owned(),
        (true, false) => "reads and writes; no page was published yet".to_owned(),
        (false, _) => "an object that was put is not there".to_owned(),
    })
}

async fn feed(ports: &Ports) -> Finding {
    let url = &ports.config.upstream.replication_url;
    let head = match ports.feed.head().await {
        Ok(head) => head,
        Err(error) => {
            let advice = "look at the address in upstream.replication_url and whether this machine reaches it; 403 and 406 mean \
                          that the upstream refuses us: ask its operators, with your contact in the configuration";
            return Finding::wrong("feed", with_causes(&error), advice);
        }
    };
    let old = ports.clock.now().seconds_since(head.timestamp);
    let says = format!("{url}: head is file {}, {} old", head.sequence, age(old));
    match old {
        ..0 if -old > CLOCK_SECONDS => {
            Finding::wrong("feed", format!("{says}; it is from the future"), "set this machine's clock (NTP)")
        }
        601.. => Finding::wrong(
            "feed",
            format!("{says}; it should be a minute"),
            "the upstream stands still (see its status page), or this machine's clock is ahead",
        ),
        _ => Finding::ok("feed", says),
    }
}

async fn api(ports: &Ports) -> Finding {
    let advice = "look at upstream.api_url and whether this machine reaches it; 403, 406 and 509 mean that the API refuses us: \
                  stop, and ask its operators";
    let answer = ports.metadata.metadata(&[ChangesetId(1)]).await;
    Finding::of("API", answer.map(|_| format!("{} answers", ports.config.upstream.api_url)), advice)
}

/// Whether somebody works, and what he complains of.
async fn pipeline(ports: &Ports) -> Vec<Finding> {
    let observation = match observe(ports).await {
        Ok(observation) => observation,
        Err(error) => return vec![Finding::wrong("pipeline", with_causes(&error), "see the checks above")],
    };
    let mut findings = Vec::new();
    findings.push(match observation.gauges.cursor {
        None => {
            Finding::wrong("tracker", "has not read a file yet", "start `osmtracker run`, or look at the tracker's log")
        }
        Some(cursor) => {
            let silent = ports.clock.now().seconds_since(cursor.checked_at);
            let says = format!("read to file {} and looked {} ago", cursor.sequence, age(silent));
            match silent > SILENT_SECONDS {
                true => {
                    Finding::wrong("tracker", says, "start `osmtracker run`, or look at the tracker's schedule and log")
                }
                false => Finding::ok("tracker", says),
            }
        }
    });
    let problems = observation.problems.iter().map(|problem| {
        let kind = problem.kind.as_str();
        Finding::wrong("pipeline", format!("{kind}: {}", problem.text), advice_on(problem.kind))
    });
    findings.extend(problems);
    findings
}

/// In short what the runbook says.
fn advice_on(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Behind => "look whether the tracker runs and what its log says; it catches up by itself",
        ProblemKind::HeadFrozen => "nothing here: the upstream stands still, and we go on when it does",
        ProblemKind::SequenceMissing => {
            "wait for the upstream to mend it; if it never will, `osmtracker admin replication set`"
        }
        ProblemKind::UpstreamRefuses => "stop, and ask the upstream's operators",
        ProblemKind::QueueOld => "look at the log of the step behind that queue",
        ProblemKind::DeadLetters => "`osmtracker admin queues show`, mend the cause, `osmtracker admin queues redrive`",
        ProblemKind::Quarantined => {
            "`osmtracker admin changesets list --state QUARANTINED` says why; `osmtracker admin changesets reanalyse` tries again"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_says_what_to_do_about_it() {
        assert_eq!(Finding::ok("table", "fine").line(), "ok     table          fine");
        let wrong = Finding::wrong("feed", "gone", "look");
        assert_eq!(wrong.line(), "WRONG  feed           gone\n        to do: look");
        for kind in ProblemKind::ALL {
            assert!(!advice_on(*kind).is_empty());
        }
    }
}
