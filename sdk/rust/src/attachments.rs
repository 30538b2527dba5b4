//! The bytes of a delivery's attachments, read piece by piece.

/// The most bytes one [`read`] returns.
pub const READ_BYTES_MAX: u32 = 65_536;

/// Up to `len` bytes of attachment `index` from `offset`; fewer at the end, none
/// past it. Errors when there is no such attachment or its bytes are not held.
pub fn read(index: u32, offset: u64, len: u32) -> Result<Vec<u8>, String> {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::verifier::assay::plugin::attachments::read(index, offset, len);
    #[cfg(not(target_arch = "wasm32"))]
    crate::testing::read_attachment(index, offset, len)
}

/// All bytes of attachment `index`. Errors as [`read`] does, and when there are
/// more than `bytes_max`.
pub fn read_all(index: u32, bytes_max: usize) -> Result<Vec<u8>, String> {
    let mut all = Vec::new();
    loop {
        let piece = read(index, all.len() as u64, READ_BYTES_MAX)?;
        if piece.is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(&piece);
        if all.len() > bytes_max {
            return Err(format!(
                "attachment {index} is larger than {} bytes",
                crate::numbers::grouped(bytes_max as u64)
            ));
        }
    }
}
