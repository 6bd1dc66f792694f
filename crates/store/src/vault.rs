//! Secrets at rest: each tenant has a data key of its own, sealed under the operator's master key.
//!
//! What is sealed (credentials, orders as they came) is opened only with the tenant, the purpose and the record it was
//! sealed for: a value copied to another row, column or tenant does not open. AES-256-GCM-SIV (RFC 8452) is used because
//! a repeated nonce then reveals at most that two plaintexts are equal.
//!
//! A sealed value is one byte of format, one byte of key version, 12 bytes of nonce, then ciphertext and tag.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use aes_gcm_siv::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stockbridge_domain::{Env, TenantId, Timestamp};
use zeroize::Zeroizing;

use crate::StoreError;
use crate::db::{Tx, Value};

/// The only format so far.
const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 12;
const HEAD_BYTES: usize = 2 + NONCE_BYTES;
const KEY_BYTES: usize = 32;

/// What a tenant's data keys are sealed for.
const DATA_KEY: &str = "tenant_key";

/// A key that is wiped from memory when dropped.
type SecretKey = Zeroizing<[u8; KEY_BYTES]>;

/// Where the operator's master key comes from.
#[derive(Clone)]
pub enum MasterKey {
    /// A file with the key in base64. It is created, readable by its owner alone, when there is nothing sealed yet.
    File(PathBuf),
    /// The key itself.
    Bytes([u8; KEY_BYTES]),
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Bytes(_) => f.write_str("Bytes(***)"),
        }
    }
}

/// Holds the master key and the data keys opened so far.
pub(crate) struct Vault {
    master: SecretKey,
    env: Env,
    keys: RwLock<HashMap<TenantId, Sealer>>,
}

impl Vault {
    /// Takes the master key and proves it on a data key, if the database has any.
    pub(crate) async fn open(tx: &mut Tx, from: &MasterKey, env: Env) -> Result<Self, StoreError> {
        let sql = "SELECT tenant_id, version, sealed FROM tenant_keys ORDER BY tenant_id, version LIMIT 1";
        let sample = tx.query_opt(sql, &[]).await?;
        let master = match from {
            MasterKey::Bytes(bytes) => Zeroizing::new(*bytes),
            MasterKey::File(path) => read_or_create(path, sample.is_none(), &env)?,
        };
        let vault = Self {
            master,
            env,
            keys: RwLock::default(),
        };
        if let Some(row) = sample {
            vault.open_data_key(row.text(0)?, row.int(1)?, row.bytes(2)?)?;
        }
        Ok(vault)
    }

    /// Makes a new tenant's first data key and returns it sealed, as kept in `tenant_keys`.
    pub(crate) async fn create_data_key(
        &self,
        tx: &mut Tx,
        tenant: TenantId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key: SecretKey = Zeroizing::new(self.env.bytes());
        let bound = associated(&tenant.to_string(), DATA_KEY, "1");
        let sealed = seal(&self.master, 0, &bound, key.as_slice(), &self.env)?;
        let sql = "INSERT INTO tenant_keys (tenant_id, version, sealed, created_at) VALUES ($1, 1, $2, $3)";
        tx.exec(sql, &[tenant.into(), sealed.into(), now.into()]).await?;
        Ok(())
    }

    /// The tenant's sealer, from memory or read with `tx`; nothing when there is no such tenant.
    pub(crate) async fn sealer(&self, tx: &mut Tx, tenant: TenantId) -> Result<Option<Sealer>, StoreError> {
        let known = self
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&tenant)
            .cloned();
        if known.is_some() {
            return Ok(known);
        }
        let sql = "SELECT version, sealed FROM tenant_keys WHERE tenant_id = $1 ORDER BY version";
        let mut keys = Vec::new();
        let text = tenant.to_string();
        for row in tx.query(sql, &[Value::from(&text)]).await? {
            let version = row.int(0)?;
            let key = self.open_data_key(&text, version, row.bytes(1)?)?;
            let version = u8::try_from(version).map_err(|error| row.unreadable(0, error))?;
            keys.push((version, key));
        }
        if keys.is_empty() {
            return Ok(None);
        }
        let sealer = Sealer {
            tenant: text.into(),
            keys: keys.into(),
            env: self.env.clone(),
        };
        self.keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(tenant, sealer.clone());
        Ok(Some(sealer))
    }

    fn open_data_key(&self, tenant: &str, version: i64, sealed: &[u8]) -> Result<SecretKey, StoreError> {
        let bound = associated(tenant, DATA_KEY, &version.to_string());
        let key = open(&self.master, &bound, sealed).ok_or_else(|| StoreError::Sealed {
            detail: format!(
                "the master key does not open the data key of {tenant}; start with the master key this database was \
                 created with"
            ),
        })?;
        let key = <[u8; KEY_BYTES]>::try_from(key.as_slice()).map_err(|_| StoreError::Sealed {
            detail: format!("the data key of {tenant} has the wrong length; restore a backup"),
        })?;
        Ok(Zeroizing::new(key))
    }
}

/// Seals and opens values of one tenant. Cheap to clone and free of the database, for sealing in bulk.
#[derive(Clone)]
pub(crate) struct Sealer {
    tenant: Arc<str>,
    /// By version, the newest last.
    keys: Arc<[(u8, SecretKey)]>,
    env: Env,
}

impl Sealer {
    /// Seals `plain` for one record and purpose, such as an order's id and `order.payload`.
    pub(crate) fn seal(&self, purpose: &str, record: &str, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let Some((version, key)) = self.keys.last() else {
            return Err(self.unopened(purpose, record));
        };
        seal(
            key,
            *version,
            &associated(&self.tenant, purpose, record),
            plain,
            &self.env,
        )
    }

    /// Opens what [`Self::seal`] sealed for the same record and purpose.
    pub(crate) fn open(
        &self,
        purpose: &str,
        record: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let version = sealed.get(1).copied();
        let bound = associated(&self.tenant, purpose, record);
        self.keys
            .iter()
            .find(|(v, _)| Some(*v) == version)
            .and_then(|(_, key)| open(key, &bound, sealed))
            .ok_or_else(|| self.unopened(purpose, record))
    }

    /// Opens text.
    pub(crate) fn open_text(&self, purpose: &str, record: &str, sealed: &[u8]) -> Result<String, StoreError> {
        let plain = self.open(purpose, record, sealed)?;
        std::str::from_utf8(&plain)
            .map(str::to_owned)
            .map_err(|_| self.unopened(purpose, record))
    }

    fn unopened(&self, purpose: &str, record: &str) -> StoreError {
        StoreError::Sealed {
            detail: format!(
                "{purpose} of {record} ({}) does not open with the tenant's keys; it was changed by another program: \
                 restore a backup",
                self.tenant
            ),
        }
    }
}

/// Tenant, purpose and record as bytes that differ whenever one of the three does.
fn associated(tenant: &str, purpose: &str, record: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(tenant.len() + purpose.len() + record.len() + 3);
    for part in [tenant, purpose, record] {
        bytes.extend_from_slice(part.as_bytes());
        bytes.push(0);
    }
    bytes
}

fn seal(key: &SecretKey, version: u8, bound: &[u8], plain: &[u8], env: &Env) -> Result<Vec<u8>, StoreError> {
    let nonce: [u8; NONCE_BYTES] = env.bytes();
    let cipher = Aes256GcmSiv::new((&**key).into());
    let payload = Payload {
        msg: plain,
        aad: bound,
    };
    let sealed = cipher
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| StoreError::Invalid {
            detail: "the value is too large to be sealed; shorten it".to_owned(),
        })?;
    let mut out = Vec::with_capacity(HEAD_BYTES + sealed.len());
    out.extend_from_slice(&[FORMAT, version]);
    out.extend_from_slice(&nonce);
    out.extend_from_slice(&sealed);
    Ok(out)
}

fn open(key: &SecretKey, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (head, body) = sealed.split_at_checked(HEAD_BYTES)?;
    if head.first() != Some(&FORMAT) {
        return None;
    }
    let nonce = <[u8; NONCE_BYTES]>::try_from(head.get(2..)?).ok()?;
    let cipher = Aes256GcmSiv::new((&**key).into());
    let payload = Payload {
        msg: body,
        aad: bound,
    };
    cipher
        .decrypt(&Nonce::from(nonce), payload)
        .ok()
        .map(Zeroizing::new)
}

/// Reads the master key's file, or writes a new one where that can lose nothing.
fn read_or_create(path: &Path, may_create: bool, env: &Env) -> Result<SecretKey, StoreError> {
    let sealed = |why: String| StoreError::Sealed {
        detail: format!("master key file {}: {why}", path.display()),
    };
    if !path.exists() {
        if !may_create {
            return Err(sealed(
                "it is missing, but the database holds secrets sealed under it; put the file back".to_owned(),
            ));
        }
        create(path, env)
            .map_err(|error| sealed(format!("it cannot be written ({error}); check the folder")))?;
    }
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|error| {
            sealed(format!(
                "it cannot be read ({error}); check owner and permissions"
            ))
        })?;
    let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new).ok();
    bytes
        .and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).ok())
        .map(Zeroizing::new)
        .ok_or_else(|| sealed("it does not hold 32 bytes in base64; put the right file back".to_owned()))
}

/// Writes a new key beside its place and links it there, so that a second process never reads half of it.
fn create(path: &Path, env: &Env) -> std::io::Result<()> {
    use std::io::Write as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let key: SecretKey = Zeroizing::new(env.bytes());
    let text = Zeroizing::new(STANDARD.encode(key.as_slice()) + "\n");
    let draft = path.with_extension(format!("{:016x}", env.below(u64::MAX)));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stockbridge_domain::clock::Stepped;

    fn sealer(tenant: &str, key: u8) -> Sealer {
        Sealer {
            tenant: tenant.into(),
            keys: [(1, Zeroizing::new([key; KEY_BYTES]))].into(),
            env: Stepped::new(Timestamp::EPOCH, 5).env(),
        }
    }

    #[test]
    fn a_value_opens_only_for_what_it_was_sealed_for() {
        let ours = sealer("ten_a", 1);
        let sealed = ours.seal("order.payload", "ord_1", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        assert_eq!(
            ours.open_text("order.payload", "ord_1", &sealed).unwrap(),
            "secret"
        );
        assert_ne!(
            ours.seal("order.payload", "ord_1", b"secret").unwrap(),
            sealed,
            "a new nonce each time"
        );
        assert!(ours.open("order.payload", "ord_2", &sealed).is_err());
        assert!(ours.open("account.credentials", "ord_1", &sealed).is_err());
        assert!(
            sealer("ten_b", 1)
                .open("order.payload", "ord_1", &sealed)
                .is_err()
        );
        assert!(
            sealer("ten_a", 2)
                .open("order.payload", "ord_1", &sealed)
                .is_err()
        );
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let ours = sealer("ten_a", 1);
        let sealed = ours.seal("p", "r", b"secret").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(ours.open("p", "r", &changed).is_err(), "byte {at}");
            assert!(ours.open("p", "r", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_key_file_is_created_once_for_its_owner_alone() {
        let env = Stepped::new(Timestamp::EPOCH, 5).env();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let message = read_or_create(&path, false, &env).unwrap_err().to_string();
        assert!(message.contains("put the file back"), "{message}");
        let first = read_or_create(&path, true, &env).unwrap();
        assert_eq!(read_or_create(&path, true, &env).unwrap(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        assert_eq!(std::fs::read_dir(folder.path().join("keys")).unwrap().count(), 1);
        std::fs::write(&path, "short\n").unwrap();
        let message = read_or_create(&path, true, &env).unwrap_err().to_string();
        assert!(
            message.contains("master.key") && message.contains("32 bytes"),
            "{message}"
        );
    }
}
