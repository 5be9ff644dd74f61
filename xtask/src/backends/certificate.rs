//! A certificate for a server of the tests, and the root that signed it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};

/// The only name that the certificates are made out for: whoever connects to 127.0.0.1 must be refused.
const NAME: &str = "localhost";

/// PEM files of one server.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// The root that a client has to know.
    pub(crate) root: PathBuf,
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Certificate {
    /// Makes a root and a certificate and writes them into a folder that only its owner may read.
    ///
    /// # Errors
    /// If they can't be written.
    pub(crate) fn make(folder: &Path) -> Result<Self> {
        let mut root_params = CertificateParams::new(Vec::new())?;
        root_params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root_params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        root_params.distinguished_name.push(DnType::CommonName, "root of a test");
        let root_key = KeyPair::generate()?;
        let root = root_params.self_signed(&root_key)?;
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec![NAME.to_owned()])?;
        let certificate = params.signed_by(&key, &Issuer::from_params(&root_params, &root_key))?;
        let write = |name: &str, pem: String| {
            let path = folder.join(name);
            std::fs::write(&path, pem).map(|()| path)
        };
        Ok(Self {
            root: write("root.pem", root.pem())?,
            certificate: write("server.pem", certificate.pem())?,
            key: write("server.key", key.serialize_pem())?,
        })
    }
}
