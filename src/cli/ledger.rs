//! `ledger`: who saw a photo, what a bad batch did, and an end to old rows.

use std::error::Error;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use super::data_args::Data;
use super::interrupt::Interrupt;
use super::output::{print, print_json};
use super::{Exit, OutputArgs};
use crate::album::{
    self, Confirmed, Estimated, Impact, ImpactQuery, Moment, PhotoQuery, PhotoView,
};

/// Ask the ledger who was shown what
#[derive(Args)]
#[command(after_help = EXITS)]
pub(super) struct Ledger {
    #[command(subcommand)]
    question: Asked,
}

const EXITS: &str = "\
Exit codes: 0 no mix-up in the rows asked for, 1 at least one, 2 wrong usage or unusable file,
3 no rows to tell by.";

#[derive(Subcommand)]
enum Asked {
    WhoSaw(WhoSaw),
    Impact(Ask),
    Recheck(Recheck),
    Prune(Prune),
}

/// Who was shown a photo, as a photo of its own or in somebody else's thumbnail
#[derive(Args)]
struct WhoSaw {
    /// The photo's UUID, ALBUM/UUID, or its number; it may be long deleted
    photo: PhotoQuery,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    voice: OutputArgs,
}

/// Which rows are asked about; all, unless told
#[derive(Args)]
struct Batch {
    /// The first moment, by RFC 3339
    #[arg(long, value_name = "RFC3339", default_value = "1970-01-01T00:00:00Z")]
    from: Moment,
    /// The moment after the last
    #[arg(long, value_name = "RFC3339", default_value = "9999-01-01T00:00:00Z")]
    to: Moment,
    /// Only thumbnails of this version of the maker
    #[arg(long, value_name = "V")]
    maker: Option<String>,
}

impl Batch {
    fn question(&self, one_in: NonZeroU32) -> ImpactQuery {
        let maker = self.maker.as_deref().map(Into::into);
        ImpactQuery { from: self.from, to: self.to, maker, one_in }
    }
}

/// Exposed owners and affected viewers: confirmed by the rows, and as they could be estimated
#[derive(Args)]
struct Ask {
    #[command(flatten)]
    batch: Batch,
    /// The estimate looks at one showing in N
    #[arg(long, value_name = "N", default_value = "100")]
    one_in: NonZeroU32,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    voice: OutputArgs,
}

/// Make a batch's thumbnails again, each alone, and compare them with what the rows say
///
/// The independent check: it looks at photos and bytes, not at what a witness saw. Exit 1 means
/// that the ledger and the thumbnails disagree.
#[derive(Args)]
struct Recheck {
    #[command(flatten)]
    batch: Batch,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    voice: OutputArgs,
}

/// Drop rows for good that are older than they need to be
#[derive(Args)]
struct Prune {
    /// How many days rows are kept: 1 to 36500
    #[arg(long, value_name = "DAYS", default_value_t = 400,
          value_parser = clap::value_parser!(u64).range(1..=36_500))]
    days: u64,
    /// The moment to take for now, by RFC 3339: for drills
    #[arg(long, value_name = "RFC3339")]
    now: Option<Moment>,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    voice: OutputArgs,
}

impl Ledger {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        match self.question {
            Asked::WhoSaw(asked) => asked.run(),
            Asked::Impact(asked) => asked.run(),
            Asked::Recheck(asked) => asked.run(),
            Asked::Prune(asked) => asked.run(),
        }
    }
}

impl WhoSaw {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let sightings = self.data.open(None)?.who_saw(self.photo)?;
        if self.voice.json {
            print_json(&json!({
                "schema": "double-exposure/ledger-who-saw/1",
                "sightings": sightings,
            }));
        } else if sightings.is_empty() {
            print("the ledger knows of nobody who was shown this photo\n");
        } else {
            print(&sightings.iter().map(line).collect::<String>());
        }
        Ok(verdict(sightings.len() as u64, sightings.iter().any(|seen| seen.in_anothers)))
    }
}

impl Ask {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let Self { batch, one_in, .. } = self;
        let impact = self.data.open(None)?.impact(&batch.question(one_in))?;
        let Confirmed { made, made_wrong, shown, shown_wrong, stopped, .. } = impact.confirmed;
        if self.voice.json {
            print_json(&json!({
                "schema": "double-exposure/ledger-impact/1",
                "from": batch.from,
                "to": batch.to,
                "maker": batch.maker,
                "one_in": one_in,
                "exposed_owners": impact.confirmed.exposed_owners.len(),
                "affected_viewers": impact.confirmed.affected_viewers.len(),
                "confirmed": impact.confirmed,
                "estimated": impact.estimated,
            }));
        } else {
            print(&table(&impact));
        }
        Ok(verdict(made + shown + stopped, made_wrong + shown_wrong + stopped > 0))
    }
}

impl Recheck {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let question = self.batch.question(NonZeroU32::MIN);
        let interrupt = Interrupt::listen();
        let found = self.data.open(None)?.verify_ledger(&question, |_| !interrupt.heard())?;
        let album::Verification { remade, different, gone, disagreements, rows } = &found;
        if self.voice.json {
            print_json(&json!({
                "schema": "double-exposure/ledger-recheck/1",
                "maker": self.batch.maker,
                "interrupted": interrupt.heard(),
                "recheck": found,
            }));
        } else {
            print(&format!(
                "{remade} thumbnails made again, {different} are not what they were; {gone} photos \
                 are gone or changed\nthe ledger says otherwise of {disagreements}\n"
            ));
            for row in rows {
                print(&format!("row {row}\n"));
            }
        }
        let exit = verdict(*remade, *disagreements > 0);
        Ok(if interrupt.heard() && exit == Exit::Held { Exit::Interrupted } else { exit })
    }
}

impl Prune {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let store = self.data.open(self.now)?;
        let day = Duration::from_secs(24 * 60 * 60);
        let kept_from = store.clock().now().before(day * self.days as u32);
        let dropped = store.prune_ledger(kept_from)?;
        if self.voice.json {
            print_json(&json!({
                "schema": "double-exposure/ledger-prune/1",
                "kept_from": kept_from,
                "dropped": dropped,
            }));
        } else {
            print(&format!("{dropped} rows from before {kept_from} dropped\n"));
        }
        Ok(Exit::Held)
    }
}

fn verdict(rows: u64, mixed: bool) -> Exit {
    if mixed {
        Exit::Mixed
    } else if rows == 0 {
        Exit::Inconclusive
    } else {
        Exit::Held
    }
}

fn line(seen: &PhotoView) -> String {
    let PhotoView { photo, album, name, viewer, times, first, last, .. } = seen;
    let how = match (seen.in_anothers, seen.stranger) {
        (false, _) => "asked for it",
        (true, false) => "found it in another's thumbnail, as a member of its album",
        (true, true) => "found it in another's thumbnail, A STRANGER",
    };
    format!(
        "photo {name} of album {album} (number {photo}): {viewer} {how}, {times} times from \
         {first} to {last}\n"
    )
}

fn table(impact: &Impact) -> String {
    let Impact { confirmed, estimated } = impact;
    let Confirmed { made, made_wrong, shown, shown_wrong, stopped, .. } = confirmed;
    let Estimated { accesses, viewers, owners, sampled, sampled_wrong, .. } = estimated;
    let about = |number: Option<f64>| number.map_or("?".to_owned(), |n| format!("about {n:.0}"));
    let rate = estimated.rate.map_or("?".to_owned(), |rate| format!("{:.3} %", rate * 100.0));
    format!(
        "confirmed, by the ledger's rows\n  \
           thumbnails made    {made}, wrong {made_wrong}\n  \
           thumbnails shown   {shown}, wrong {shown_wrong}; stopped at the door {stopped}\n  \
           exposed owners     {}\n  \
           affected viewers   {}\n\
         estimated, as without rows of what is in a thumbnail: accesses x sampled rate\n  \
           sampled            {sampled} of {accesses}, wrong {sampled_wrong}: {rate}\n  \
           shown wrong        {}\n  \
           exposed owners     {} of {owners}\n  \
           affected viewers   {} of {viewers}\n",
        confirmed.exposed_owners.len(),
        confirmed.affected_viewers.len(),
        about(estimated.shown_wrong),
        about(estimated.exposed_owners),
        about(estimated.affected_viewers),
    )
}
