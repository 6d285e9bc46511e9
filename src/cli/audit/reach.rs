//! Reads the flags that say how the audit and the service reach each other.

use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::audit::spec::{Mode, SourceVariation};
use crate::audit::{Target, TlsTrust, Url};

/// Selects how the audit and the service reach each other.
#[derive(Args)]
pub(super) struct ReachArgs {
    /// URL of the service, in place of the base in the file.
    #[arg(long, value_name = "URL")]
    pub(super) base: Option<Url>,
    /// File of certificates in PEM to trust beside the system's, for a base with https.
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca: Option<PathBuf>,
    /// Accepts any certificate of the service; the report says so.
    #[arg(long)]
    insecure: bool,
    /// Address on which the audit serves the photos of pull mode, such as 0.0.0.0:8000 for a
    /// service in a container [default: a free port of 127.0.0.1].
    #[arg(long, value_name = "ADDRESS:PORT")]
    source_listen: Option<SocketAddr>,
    /// URLs by which the service reaches that address, such as http://host.docker.internal:8000.
    #[arg(long, value_delimiter = ',', value_name = "URL,…")]
    source_url: Vec<Url>,
    /// Parts in which the photos' URLs differ, each in turn: name, query, folder, host
    /// [default: all].
    #[arg(long, value_delimiter = ',', value_name = "PART,…", value_parser = part)]
    source_vary: Vec<SourceVariation>,
}

impl ReachArgs {
    /// Applies the flags to a target. Returns a warning if other machines can fetch the photos.
    pub(super) fn apply(&self, target: &mut Target) -> Result<Option<String>, Box<dyn Error>> {
        if self.insecure {
            target.tls = TlsTrust::insecure();
        } else if let Some(file) = &self.ca {
            target.tls = TlsTrust::with_file(file)?;
        }
        let source = &mut target.source;
        source.listen = self.source_listen.unwrap_or(source.listen);
        if !self.source_url.is_empty() {
            source.urls.clone_from(&self.source_url);
        }
        if !self.source_vary.is_empty() {
            source.vary.clone_from(&self.source_vary);
        }
        if target.mode != Mode::Pull {
            let has_source = self.source_listen.is_some()
                || !self.source_url.is_empty()
                || !self.source_vary.is_empty();
            let reason = "--source-listen, --source-url and --source-vary are for mode = \"pull\"";
            return if has_source { Err(reason.into()) } else { Ok(None) };
        }
        match source.problem() {
            Some(problem) => Err(problem.into()),
            None => Ok(source.warning()),
        }
    }

    /// Returns the flags by which the same audit can run again, with their values.
    pub(super) fn flags(&self) -> Vec<(&'static str, Option<String>)> {
        let text = |value: String| (!value.is_empty()).then_some(value);
        let names = self.source_vary.iter().map(|part| part.name()).collect::<Vec<_>>();
        let mut flags = vec![
            ("base", self.base.as_ref().map(Url::to_string)),
            ("ca", self.ca.as_ref().map(|file| file.display().to_string())),
            ("source-listen", self.source_listen.map(|address| address.to_string())),
            ("source-vary", text(names.join(","))),
        ];
        let urls = self.source_url.iter().map(Url::to_string).collect::<Vec<_>>();
        flags.push(("source-url", text(urls.join(","))));
        if self.insecure {
            flags.push(("insecure", Some(String::new())));
        }
        flags
    }
}

fn part(text: &str) -> Result<SourceVariation, String> {
    let part = SourceVariation::ALL.iter().find(|(name, _)| *name == text);
    part.map(|&(_, part)| part).ok_or_else(|| "none of name, query, folder, host".to_owned())
}
