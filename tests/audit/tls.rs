//! Tests that an audit speaks TLS, and trusts the certificates that it is told to trust only.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use double_exposure::audit::{AuditPlan, AuditResults, AuditVerdict, TlsTrust};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::mock_service::{audit, honest, plan, serve};

/// Holds a certificate and its key.
struct Identity {
    certificate: CertificateDer<'static>,
    pem: String,
    key: PrivateKeyDer<'static>,
}

/// Makes a certificate for a host that signs itself, as an authority or not.
fn identity(host: &str, is_authority: bool) -> Identity {
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    if is_authority {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let pem = certificate.pem();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Identity { certificate: certificate.der().clone(), pem, key }
}

/// Terminates TLS in front of a service. The terminator ends with the test's process.
fn terminate(identity: &Identity, service: SocketAddr) -> SocketAddr {
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate.clone()], identity.key.clone_key())
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            let acceptor = TlsAcceptor::from(Arc::new(config));
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust the certificate ends the handshake.
                    let Ok(mut outside) = acceptor.accept(socket).await else { return };
                    let mut inside = tokio::net::TcpStream::connect(service).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                });
            }
        });
    });
    address
}

fn audit_over_tls(identity: &Identity, trust: TlsTrust) -> AuditResults {
    let address = terminate(identity, serve(honest));
    let mut plan = plan(address);
    plan.target.base = format!("https://{address}").parse().unwrap();
    plan.target.tls = trust;
    audit(&plan)
}

fn trust(identity: &Identity) -> TlsTrust {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &identity.pem).unwrap();
    TlsTrust::with_file(file.path()).unwrap()
}

#[test]
fn a_certificate_of_the_given_file_is_trusted_also_if_it_is_its_own_authority() {
    for is_authority in [false, true] {
        let identity = identity("127.0.0.1", is_authority);
        let results = audit_over_tls(&identity, trust(&identity));
        assert_eq!(results.verdict, AuditVerdict::Clean, "{:?}", results.reasons);
        assert!(results.notes.is_empty(), "{:?}", results.notes);
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_with_what_to_do() {
    let own = identity("127.0.0.1", false);
    let other_host = identity("example.com", false);
    let strange = trust(&identity("127.0.0.1", false));
    for (identity, trust) in
        [(&own, TlsTrust::default()), (&own, strange), (&other_host, trust(&other_host))]
    {
        let results = audit_over_tls(identity, trust);
        assert_eq!(results.verdict, AuditVerdict::Unreachable);
        assert!(results.reasons[0].contains("--ca FILE"), "{:?}", results.reasons);
        assert_eq!(results.stats.requests, 0);
    }
}

#[test]
fn an_unchecked_certificate_is_accepted_and_the_report_says_so() {
    let results = audit_over_tls(&identity("example.com", false), TlsTrust::insecure());
    assert_eq!(results.verdict, AuditVerdict::Clean, "{:?}", results.reasons);
    assert!(results.notes[0].contains("was not checked"), "{:?}", results.notes);
}

#[test]
fn a_service_without_tls_is_told_apart_from_a_wrong_certificate() {
    let address = serve(honest);
    let mut plan: AuditPlan = plan(address);
    plan.target.base = format!("https://{address}").parse().unwrap();
    let results = audit(&plan);
    assert_eq!(results.verdict, AuditVerdict::Unreachable);
    assert!(results.reasons[0].contains("http://"), "{:?}", results.reasons);
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "no certificate").unwrap();
    let error = TlsTrust::with_file(file.path()).unwrap_err().to_string();
    assert!(error.contains("no certificate in PEM"), "{error}");
    let error = TlsTrust::with_file(Path::new("/no/such/file")).unwrap_err().to_string();
    assert!(error.contains("/no/such/file"), "{error}");
}
