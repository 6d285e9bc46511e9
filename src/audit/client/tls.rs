//! Speaks TLS to a target: with the certificates of the system, of a file, or with any.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::client::{WebPkiServerVerifier, verify_server_name};
use tokio_rustls::rustls::crypto::{self, CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::HttpError;

/// Upper bound of the bytes of a file of certificates.
const MAX_CA_BYTES: u64 = 4 << 20;

/// Holds the certificates that an audit trusts. Clones share what was loaded once.
#[derive(Clone)]
pub struct TlsTrust {
    roots: Roots,
    config: Arc<OnceLock<Result<Arc<ClientConfig>, String>>>,
}

/// Names the certificates that can vouch for a target.
#[derive(Clone)]
enum Roots {
    System,
    Added(Vec<CertificateDer<'static>>),
    Any,
}

/// Describes a file of certificates that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// The system cannot read the file.
    #[error("{}: {source}; name a file of certificates in PEM", path.display())]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system.
        source: std::io::Error,
    },
    /// The file has no certificate, or too many bytes.
    #[error("{}: no certificate in PEM within {MAX_CA_BYTES} bytes", path.display())]
    NoCertificate {
        /// Path of the file.
        path: PathBuf,
    },
}

impl Default for TlsTrust {
    /// Trusts the certificates of the system.
    fn default() -> Self {
        Self::new(Roots::System)
    }
}

impl fmt::Debug for TlsTrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.roots {
            Roots::System => "system",
            Roots::Added(_) => "system and file",
            Roots::Any => "any",
        })
    }
}

impl TlsTrust {
    fn new(roots: Roots) -> Self {
        Self { roots, config: Arc::default() }
    }

    /// Trusts every certificate. A report must say so.
    pub fn insecure() -> Self {
        Self::new(Roots::Any)
    }

    /// Trusts the certificates of a PEM file beside those of the system.
    ///
    /// # Errors
    /// Returns [`CaError`] if the file cannot be read, or holds no certificate.
    pub fn with_file(path: &Path) -> Result<Self, CaError> {
        let io = |source| CaError::Io { path: path.into(), source };
        let no_certificate = || CaError::NoCertificate { path: path.into() };
        if std::fs::metadata(path).map_err(io)?.len() > MAX_CA_BYTES {
            return Err(no_certificate());
        }
        let text = std::fs::read(path).map_err(io)?;
        let added = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
        let added = added.ok().filter(|added| !added.is_empty()).ok_or_else(no_certificate)?;
        Ok(Self::new(Roots::Added(added)))
    }

    /// Returns true if every certificate is trusted.
    pub fn is_insecure(&self) -> bool {
        matches!(self.roots, Roots::Any)
    }

    /// Agrees on TLS with the host at the other end of a socket.
    pub(super) async fn connect(
        &self,
        host: &str,
        socket: TcpStream,
    ) -> Result<TlsStream<TcpStream>, HttpError> {
        let config = self.config.get_or_init(|| self.load()).clone();
        let config = config.map_err(HttpError::Unreachable)?;
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned());
        let name = name.map_err(|error| HttpError::Unreachable(error.to_string()))?;
        let stream = TlsConnector::from(config).connect(name, socket).await;
        stream.map_err(|error| HttpError::Unreachable(explain(&error)))
    }

    fn load(&self) -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder =
            builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
        let verifier = Arc::new(self.verifier(provider)?);
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        let mut config = builder.with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Verifier, String> {
        let pinned = match &self.roots {
            Roots::Any => return Ok(Verifier { provider, pinned: Vec::new(), roots: None }),
            Roots::System => Vec::new(),
            Roots::Added(added) => added.clone(),
        };
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs().certs;
        roots.add_parsable_certificates(system.into_iter().chain(pinned.iter().cloned()));
        if roots.is_empty() {
            let reason = "the system has no certificates: name the target's with --ca FILE";
            return Err(reason.to_owned());
        }
        let builder =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let roots = builder.build().map_err(|error| error.to_string())?;
        Ok(Verifier { provider, pinned, roots: Some(roots) })
    }
}

/// Explains an error of TLS, with what to do.
fn explain(error: &std::io::Error) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::InvalidCertificate(reason)) => format!(
            "its certificate is not trusted ({reason:?}): name the certificate that signed it with \
             --ca FILE, or check none with --insecure"
        ),
        Some(Error::InvalidMessage(_)) => {
            "it does not answer in TLS: write its URL with http://".to_owned()
        }
        _ => format!("no TLS ({error}): if it does not speak TLS, write its URL with http://"),
    }
}

/// Verifies a target's certificate: by roots, or as one of the pinned ones. Without roots it
/// accepts every certificate, and still checks that the target has the certificate's key.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    /// Certificates that may be the target's own. Tools that make a certificate for one server
    /// often mark it as an authority, which no chain of trust accepts for a server.
    pinned: Vec<CertificateDer<'static>>,
    roots: Option<Arc<WebPkiServerVerifier>>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(roots) = &self.roots else { return Ok(ServerCertVerified::assertion()) };
        if self.pinned.iter().any(|pinned| pinned == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
