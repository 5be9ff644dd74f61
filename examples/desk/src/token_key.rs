//! The key of this desk's tokens: made once, kept in the data folder.

use std::io;

use attendance_local::DataFolder;

use crate::failure::Failure;

/// Reads the key, or makes it of the machine's randomness. Tokens outlive a restart because it does. Blocks.
pub(crate) fn load_or_make(folder: &DataFolder) -> Result<[u8; 32], Failure> {
    let path = folder.token_key();
    match std::fs::read(&path) {
        Ok(bytes) => bytes.try_into().map_err(|_| {
            let path = path.display();
            anyhow::anyhow!("{path} is damaged: restore it, or remove it, which makes every token that was issued void")
                .into()
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(anyhow::Error::from)?;
            folder.write_private(&path, &key)?;
            Ok(key)
        }
        Err(error) => Err(anyhow::Error::from(error).context(format!("{} can't be read", path.display())).into()),
    }
}
