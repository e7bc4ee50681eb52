// SPDX-License-Identifier: Apache-2.0
/** The demonstration's application in Java; its twin in C is {@code demo/src/main/c}. */
package io.berth.demo.application;
