// SPDX-License-Identifier: Apache-2.0
package io.berth.client.memory;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Tells the checker of the Java 8 API that a class stands in {@code META-INF/versions/9}. */
@Retention(RetentionPolicy.CLASS)
@Target(ElementType.TYPE)
@interface FromJava9 {}
