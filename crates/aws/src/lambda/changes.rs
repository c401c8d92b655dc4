//! Changes of the table, told by its stream.

use aws_sdk_sqs::Client;
use lambda_runtime::{Diagnostic, Error, LambdaEvent};
use osmtracker_pipeline::{
    change_log::{StreamedChange, Verdict},
    metrics::Component,
    steps::Ports,
    with_causes,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Deadline,
    event::{BatchResponse, Failure},
    failed, run,
    shell::Shell,
};
use crate::{
    Parameters,
    dynamodb::{Told, told},
};

/// The variable that names the queue of what is put aside.
const DEAD: &str = "OSMTRACKER_AWS_STREAM_DEAD";

/// Records of a stream. They stay JSON: one that cannot be read must not spoil the others.
#[derive(Debug, Default, Deserialize)]
struct StreamEvent {
    #[serde(rename = "Records", default)]
    records: Vec<Value>,
}

/// What is put aside: enough to find the row, and to see why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct DeadLetter {
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    changeset: Option<u64>,
    sequence: String,
    kind: String,
    reason: String,
}

/// Runs a function that keeps a copy of the table: all changes of changesets' rows of an invocation at once, in their
/// order.
///
/// Changes from the first that is to come [`Verdict::Later`] on are given back to the stream; Lambda tries them again for
/// as long as the mapping says. What will never be taken is put aside, and does not hold up what is behind it.
///
/// # Errors
/// As [`super::on_schedule`].
pub async fn for_each_change<F>(component: Component, take_up: F) -> Result<(), Error>
where
    F: AsyncFn(&Ports, &Parameters, &[StreamedChange]) -> Result<Vec<Verdict>, String>,
{
    let dead = std::env::var(DEAD).map_err(|_| format!("the variable {DEAD} is not set; Terraform sets it"))?;
    let shell = Shell::start(component).await?;
    let parameters = Parameters::new(shell.clients().ssm.clone());
    let (shell, take_up, parameters, dead) = (&shell, &take_up, &parameters, &dead);
    run(shell, async |event: LambdaEvent<StreamEvent>| {
        let deadline = Deadline::of(&event.context);
        let records: Vec<_> = event.payload.records.iter().map(|record| (sequence(record), told(record))).collect();
        if records.iter().all(|(_, told)| *told == Told::Other) {
            shell.leave_untold();
            return Ok(BatchResponse::default());
        }
        let ports = shell.ports().await?;
        let changes: Vec<_> = records.iter().filter_map(|(_, told)| told.row().cloned()).collect();
        let taken = tokio::time::timeout(deadline.left(), take_up(&ports, parameters, &changes)).await;
        let verdicts = match taken.unwrap_or_else(|_| Err("its time was over".to_owned())) {
            Ok(verdicts) => verdicts,
            Err(reason) => {
                tracing::warn!(reason, changes = changes.len(), "changes could not be taken up; all come again");
                vec![Verdict::Later; changes.len()]
            }
        };
        let answer = answer(&records, verdicts);
        put_aside(&shell.clients().sqs, dead, &answer.dead).await?;
        Ok(answer.response)
    })
    .await
}

impl Told {
    fn row(&self) -> Option<&StreamedChange> {
        match self {
            Self::Row(change) => Some(change),
            Self::Other | Self::Garbled(_) => None,
        }
    }
}

fn sequence(record: &Value) -> String {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default().to_owned()
}

/// What an invocation comes to.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    response: BatchResponse,
    dead: Vec<DeadLetter>,
}

/// Everything before the first that is to come later is done with. What is behind it comes again, so nothing of it is
/// put aside yet.
fn answer(records: &[(String, Told)], verdicts: Vec<Verdict>) -> Answer {
    let (mut verdicts, mut dead) = (verdicts.into_iter(), Vec::new());
    for (sequence, told) in records {
        let letter =
            |changeset, kind, reason| DeadLetter { schema: 1, changeset, sequence: sequence.clone(), kind, reason };
        match told {
            Told::Other => {}
            Told::Garbled(reason) => dead.push(letter(None, "garbled".to_owned(), reason.clone())),
            Told::Row(change) => match verdicts.next().unwrap_or(Verdict::Later) {
                Verdict::Done => {}
                Verdict::Never { kind, reason } => {
                    let id = change.after.as_ref().or(change.before.as_ref()).map(|row| row.id().0);
                    dead.push(letter(id, kind, reason));
                }
                Verdict::Later => {
                    let failure = Failure { item_identifier: sequence.clone() };
                    return Answer { response: BatchResponse { batch_item_failures: vec![failure] }, dead };
                }
            },
        }
    }
    Answer { response: BatchResponse::default(), dead }
}

/// One letter a request: there are hardly ever any. When it fails, so does the invocation, and everything comes again.
async fn put_aside(client: &Client, queue: &str, dead: &[DeadLetter]) -> Result<(), Diagnostic> {
    for letter in dead {
        tracing::error!(
            changeset.id = letter.changeset,
            kind = letter.kind,
            "a change is put aside: it is never taken"
        );
        let body = serde_json::to_string(letter).expect("plain data");
        let sent = client.send_message().queue_url(queue).message_body(body).send().await;
        sent.map_err(|error| failed(format!("put a change aside: {}", with_causes(&error))))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamodb::stream_tests::{record, row};

    fn records(garbled: u32, other: u32, rows: impl IntoIterator<Item = u32>) -> Vec<(String, Told)> {
        let numbers: Vec<u32> = rows.into_iter().collect();
        let all = (1..=9).filter(|number| *number == garbled || *number == other || numbers.contains(number));
        all.map(|number| {
            let mut record = record(number, None, Some(&row(number.into(), 1)));
            if number == garbled {
                record["dynamodb"]["NewImage"]["row"]["B"] = "?".into();
            } else if number == other {
                record["dynamodb"]["Keys"]["pk"]["S"] = "METRICS".into();
            }
            (sequence(&record), told(&record))
        })
        .collect()
    }

    fn never() -> Verdict {
        Verdict::Never { kind: "document_parsing_exception".to_owned(), reason: "x".to_owned() }
    }

    /// Sequence numbers that come again, and those of what is put aside.
    fn numbers(answer: &Answer) -> (Vec<u32>, Vec<u32>) {
        let number = |text: &String| text.parse().unwrap();
        let again = answer.response.batch_item_failures.iter().map(|failure| number(&failure.item_identifier));
        (again.collect(), answer.dead.iter().map(|letter| number(&letter.sequence)).collect())
    }

    #[test]
    fn poison_is_put_aside_and_holds_nothing_up() {
        let answer = answer(&records(2, 4, [1, 3, 5]), vec![Verdict::Done, never(), Verdict::Done]);
        assert_eq!(numbers(&answer), (vec![], vec![2, 3]));
        assert_eq!(answer.dead[0].kind, "garbled");
        let expected = r#"{"schema":1,"changeset":3,"sequence":"000000000000000000003","kind":"document_parsing_exception","reason":"x"}"#;
        assert_eq!(serde_json::to_string(&answer.dead[1]).unwrap(), expected);
    }

    #[test]
    fn from_the_first_that_comes_later_everything_comes_again() {
        let answer = answer(&records(1, 9, [2, 3, 4]), vec![Verdict::Done, Verdict::Later, never()]);
        assert_eq!(numbers(&answer), (vec![3], vec![1]));
    }

    #[test]
    fn records_of_the_tables_other_rows_need_nothing() {
        let answer = answer(&records(0, 1, []), Vec::new());
        assert_eq!(numbers(&answer), (vec![], vec![]));
    }

    #[test]
    fn an_event_keeps_records_that_are_nothing_of_the_kind() {
        let event: StreamEvent = serde_json::from_value(serde_json::json!({ "Records": [17, null, {}] })).unwrap();
        assert!(event.records.iter().all(|record| matches!(told(record), Told::Garbled(_))));
    }
}
