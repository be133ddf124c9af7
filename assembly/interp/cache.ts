/** A write of `size` bytes to a page with decoded code. */
export function codeWritten(ctx: usize, guest: u32, size: u32): void {}
