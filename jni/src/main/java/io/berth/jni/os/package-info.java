// SPDX-License-Identifier: Apache-2.0
/**
 * The operating system's facilities that Java does not offer and the data path needs: sealed shared
 * memory, descriptor passing, doorbells, readiness, processors and processes. Linux only.
 *
 * <p>Native methods are static, allocate nothing, and never throw: they return the value, or the
 * negated errno ({@link io.berth.jni.os.Errno}). Wrappers that throw {@link
 * io.berth.jni.os.OsException} exist for what happens once per session or less. A wrong descriptor
 * is an EBADF; a wrong memory address given to {@code wipe} or {@code view} crashes the JVM, as
 * anywhere.
 */
package io.berth.jni.os;
