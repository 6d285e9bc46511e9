//! Runs the `ledger` commands: lists viewers, computes the impact of a batch, verifies and prunes.

use std::error::Error;
use std::num::NonZeroU32;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;

use super::data_args::{Data, DrillData};
use super::interrupt::Interrupt;
use super::{Exit, OutputArgs};
use crate::album::{
    Confirmed, Estimated, Impact, ImpactQuery, Moment, PhotoQuery, PhotoView, Verification,
};
use crate::output::terminal::{grouped, many};

/// Reads, verifies or prunes the ledger of shown thumbnails.
#[derive(Args)]
#[command(after_help = EXITS)]
pub(super) struct Ledger {
    #[command(subcommand)]
    command: Command,
}

const EXITS: &str = "\
Exit codes: 0 no mix-up in the selected rows, 1 at least one mix-up, 2 wrong usage or unusable file,
3 no selected rows.";

#[derive(Subcommand)]
enum Command {
    Viewers(ViewersArgs),
    Impact(ImpactArgs),
    Verify(VerifyArgs),
    Prune(PruneArgs),
}

/// Lists the viewers of a photo.
///
/// The list also has the viewers who found the photo in the thumbnail of another photo.
#[derive(Args)]
struct ViewersArgs {
    /// UUID, ALBUM/UUID or number of the photo, which may have been deleted.
    photo: PhotoQuery,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    output: OutputArgs,
}

/// Selects rows of the ledger, by default all.
#[derive(Args)]
struct Batch {
    /// Start of the time range (inclusive), by RFC 3339.
    #[arg(long, value_name = "RFC3339", default_value = "1970-01-01T00:00:00Z")]
    from: Moment,
    /// End of the time range (exclusive), by RFC 3339.
    #[arg(long, value_name = "RFC3339", default_value = "9999-01-01T00:00:00Z")]
    to: Moment,
    /// Version of the thumbnail maker, by default every version.
    #[arg(long, value_name = "V")]
    maker: Option<String>,
}

impl Batch {
    fn query(&self, one_in: NonZeroU32) -> ImpactQuery {
        let maker = self.maker.as_deref().map(Into::into);
        ImpactQuery { from: self.from, to: self.to, maker, one_in }
    }
}

/// Counts exposed owners and affected viewers, confirmed by the rows and as estimated from a
/// sample.
#[derive(Args)]
struct ImpactArgs {
    #[command(flatten)]
    batch: Batch,
    /// Lets the estimate examine one of N shown thumbnails.
    #[arg(long, value_name = "N", default_value = "100")]
    one_in: NonZeroU32,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    output: OutputArgs,
}

/// Makes a batch's thumbnails again, one at a time, and compares them with the rows.
///
/// The check is independent of the codec that recorded the rows: it uses only photos and hashes.
/// Exit code 1 means that ledger and thumbnails disagree.
#[derive(Args)]
struct VerifyArgs {
    #[command(flatten)]
    batch: Batch,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    output: OutputArgs,
}

/// Deletes old rows for good.
#[derive(Args)]
struct PruneArgs {
    /// Days for which rows are kept, from 1 to 36500.
    #[arg(long, value_name = "N", default_value_t = 400,
          value_parser = clap::value_parser!(u64).range(1..=36_500))]
    days: u64,
    #[command(flatten)]
    data: DrillData,
    #[command(flatten)]
    output: OutputArgs,
}

impl Ledger {
    pub(super) fn run(self) -> Result<Exit, Box<dyn Error>> {
        match self.command {
            Command::Viewers(command) => command.run(),
            Command::Impact(command) => command.run(),
            Command::Verify(command) => command.run(),
            Command::Prune(command) => command.run(),
        }
    }
}

impl ViewersArgs {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let viewers = self.data.open()?.viewers_of(self.photo)?;
        let document = json!({ "schema": "double-exposure/ledger-viewers/1", "viewers": viewers });
        self.output.print(&document, || match viewers.is_empty() {
            true => "the ledger has no row of a viewer who was shown this photo\n".into(),
            false => viewers.iter().map(line).collect(),
        });
        Ok(exit(viewers.len() as u64, viewers.iter().any(|view| view.in_other_thumbnail)))
    }
}

impl ImpactArgs {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let Self { batch, one_in, data, output } = self;
        let impact = data.open()?.impact(&batch.query(one_in))?;
        let Confirmed { made, made_wrong, shown, shown_wrong, withheld, .. } = impact.confirmed;
        let document = json!({
            "schema": "double-exposure/ledger-impact/1",
            "from": batch.from,
            "to": batch.to,
            "maker": batch.maker,
            "one_in": one_in,
            "exposed_owners": impact.confirmed.exposed_owners.len(),
            "affected_viewers": impact.confirmed.affected_viewers.len(),
            "confirmed": impact.confirmed,
            "estimated": impact.estimated,
        });
        output.print(&document, || table(&impact));
        Ok(exit(made + shown + withheld, made_wrong + shown_wrong + withheld > 0))
    }
}

impl VerifyArgs {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let query = self.batch.query(NonZeroU32::MIN);
        let interrupt = Interrupt::listen();
        let result = self.data.open()?.verify_ledger(&query, |_| !interrupt.heard())?;
        let Verification { remade, different, unavailable, disagreements, rows } = &result;
        let document = json!({
            "schema": "double-exposure/ledger-verify/1",
            "maker": self.batch.maker,
            "interrupted": interrupt.heard(),
            "verification": result,
        });
        self.output.print(&document, || {
            let rows: String = rows.iter().map(|row| format!("row {row}\n")).collect();
            let [different, disagreements] = [different, disagreements].map(grouped);
            let (remade, photos) = (many(remade, "thumbnail"), many(unavailable, "photo"));
            let interrupted = if interrupt.heard() { "; interrupted before the end" } else { "" };
            format!(
                "{remade} made again: {different} differ, {disagreements} disagree with the \
                 ledger; {photos} deleted or changed{interrupted}\n{rows}"
            )
        });
        let exit = exit(*remade, *disagreements > 0);
        Ok(if interrupt.heard() && exit == Exit::Held { Exit::Interrupted } else { exit })
    }
}

impl PruneArgs {
    fn run(self) -> Result<Exit, Box<dyn Error>> {
        let store = self.data.open()?;
        let day = Duration::from_secs(24 * 60 * 60);
        let kept_from = store.now().before(day * self.days as u32);
        let deleted = store.prune_ledger(kept_from)?;
        let document = json!({
            "schema": "double-exposure/ledger-prune/1",
            "kept_from": kept_from,
            "deleted": deleted,
        });
        self.output.print(&document, || {
            format!("{} from before {kept_from} deleted\n", many(deleted, "row"))
        });
        Ok(Exit::Held)
    }
}

fn exit(rows: u64, mixed: bool) -> Exit {
    if mixed {
        Exit::Mixed
    } else if rows == 0 {
        Exit::Inconclusive
    } else {
        Exit::Held
    }
}

fn line(view: &PhotoView) -> String {
    let PhotoView { photo, album, name, viewer, times, first, last, .. } = view;
    let how = match (view.in_other_thumbnail, view.stranger) {
        (false, _) => "requested it",
        (true, false) => "saw it in another thumbnail, as a member of its album",
        (true, true) => "saw it in another thumbnail, NOT A MEMBER of its album",
    };
    format!(
        "photo {name} of album {album} (number {photo}): {viewer} {how}, {} from {first} to \
         {last}\n",
        many(times, "time")
    )
}

fn table(impact: &Impact) -> String {
    let Impact { confirmed, estimated } = impact;
    let Confirmed { made, made_wrong, shown, shown_wrong, withheld, .. } = confirmed;
    let Estimated { accesses, viewers, owners, sampled, sampled_wrong, .. } = estimated;
    let about = |number: Option<f64>| {
        number.map_or("?".to_owned(), |n| format!("about {}", grouped(format_args!("{n:.0}"))))
    };
    let [made, made_wrong, shown, shown_wrong, withheld] =
        [made, made_wrong, shown, shown_wrong, withheld].map(grouped);
    let [accesses, viewers, owners, sampled, sampled_wrong] =
        [accesses, viewers, owners, sampled, sampled_wrong].map(grouped);
    let rate = estimated.rate.map_or("?".to_owned(), |rate| format!("{:.3} %", rate * 100.0));
    format!(
        "confirmed, by the ledger's rows\n  \
           thumbnails made    {made}, wrong {made_wrong}\n  \
           thumbnails shown   {shown}, wrong {shown_wrong}; withheld {withheld}\n  \
           exposed owners     {}\n  \
           affected viewers   {}\n\
         estimated without rows of a thumbnail's bands: accesses x sampled rate\n  \
           sampled            {sampled} of {accesses}, wrong {sampled_wrong}: {rate}\n  \
           shown wrong        {}\n  \
           exposed owners     {} of {owners}\n  \
           affected viewers   {} of {viewers}\n",
        grouped(confirmed.exposed_owners.len()),
        grouped(confirmed.affected_viewers.len()),
        about(estimated.shown_wrong),
        about(estimated.exposed_owners),
        about(estimated.affected_viewers),
    )
}
