// SPDX-License-Identifier: Apache-2.0
/** What makes Berth's processes start sooner. */
package io.berth.jni.startup;
