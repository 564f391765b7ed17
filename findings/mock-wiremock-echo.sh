#!/usr/bin/env bash
# WireMock hands amounts back changed: 10000000.5 becomes 1.00000005E7, 19.90 becomes 19.9 and 1E400 becomes Infinity, which is no JSON.
# Packages: wiremock 3.13.2 (standalone server, Java) from npm
# Expected: {{jsonPath request.body '$.amount'}} in a response template gives the number as the client wrote it, at least as valid JSON.
# Happens: numbers go through Java's double and its toString(): exponents from 10^7 upwards and under 0.001. Amounts of more than 17 digits stay exact
#   (a BigDecimal), so do all numbers of a jsonBody, and equalToJson and matchesJsonSchema compare exactly (19.99 is whole cents).
# Matters: an echoing mock of a till tests clients with spellings that no service sends ("1.00000005E7" where the amount is in quotes).
# Output seen:
#> 11.77 comes back as <html>
#> 11.77 comes back as <head>
#> 11.77 comes back as <meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
#> 11.77 comes back as <title>Error 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 11.77 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 11.77 comes back as                                   ^</title>
#> 11.77 comes back as </head>
#> 11.77 comes back as <body><h2>HTTP ERROR 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 11.77 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 11.77 comes back as                                   ^</h2>
#> 11.77 comes back as <table>
#> 11.77 comes back as <tr><th>URI:</th><td>/echo</td></tr>
#> 11.77 comes back as <tr><th>STATUS:</th><td>500</td></tr>
#> 11.77 comes back as <tr><th>MESSAGE:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 11.77 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 11.77 comes back as                                   ^</td></tr>
#> 11.77 comes back as <tr><th>SERVLET:</th><td>com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet-24528a25</td></tr>
#> 11.77 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 11.77 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 11.77 comes back as                                   ^</td></tr>
#> 11.77 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 11.77 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 11.77 comes back as                                   ^</td></tr>
#> 11.77 comes back as </table>
#> 11.77 comes back as <h3>Caused by:</h3><pre>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 11.77 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 11.77 comes back as                                   ^
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2077)
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache.get(LocalCache.java:3985)
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache.get(LocalCache.java:4854)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.getTemplate(TemplateEngine.java:123)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.LazyTemplateEngine.getTemplate(LazyTemplateEngine.java:32)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.ResponseTemplateTransformer.transform(ResponseTemplateTransformer.java:83)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.applyV2Transformations(AbstractStubMappings.java:152)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.serveFor(AbstractStubMappings.java:110)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.core.WireMockApp.serveStubFor(WireMockApp.java:293)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.http.StubRequestHandler.handleRequest(StubRequestHandler.java:73)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.http.AbstractRequestHandler.handle(AbstractRequestHandler.java:73)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet.service(WireMockHandlerDispatchingServlet.java:165)
#> 11.77 comes back as 	at wiremock.jakarta.servlet.http.HttpServlet.service(HttpServlet.java:587)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHolder.handle(ServletHolder.java:764)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler$ChainEnd.doFilter(ServletHandler.java:1665)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doHandle(ServletHandler.java:527)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:221)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1381)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:176)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:484)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:174)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doScope(ContextHandler.java:1303)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.handle(ScopedHandler.java:129)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.gzip.GzipHandler.handle(GzipHandler.java:822)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerCollection.handle(HandlerCollection.java:141)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.Server.handle(Server.java:563)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel$RequestDispatchable.dispatch(HttpChannel.java:1598)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.dispatch(HttpChannel.java:753)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:501)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.server.HttpConnection.onFillable(HttpConnection.java:287)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded(AbstractConnection.java:314)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:100)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.io.SelectableChannelEndPoint$1.run(SelectableChannelEndPoint.java:53)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.runTask(AdaptiveExecutionStrategy.java:421)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.consumeTask(AdaptiveExecutionStrategy.java:390)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.tryProduce(AdaptiveExecutionStrategy.java:277)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.produce(AdaptiveExecutionStrategy.java:193)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:969)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.doRunJob(QueuedThreadPool.java:1194)
#> 11.77 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run(QueuedThreadPool.java:1149)
#> 11.77 comes back as 	at java.base/java.lang.Thread.run(Thread.java:840)
#> 11.77 comes back as Caused by: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 11.77 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 11.77 comes back as                                   ^
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorReporter.syntaxError(HbsErrorReporter.java:93)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.ProxyErrorListener.syntaxError(ProxyErrorListener.java:41)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.Parser.notifyErrorListeners(Parser.java:544)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorStrategy.reportInputMismatch(HbsErrorStrategy.java:186)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.DefaultErrorStrategy.reportError(DefaultErrorStrategy.java:139)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.var(HbsParser.java:1293)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.statement(HbsParser.java:333)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.body(HbsParser.java:231)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.template(HbsParser.java:174)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParserFactory$1.parse(HbsParserFactory.java:88)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.cache.NullTemplateCache.get(NullTemplateCache.java:54)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compile(Handlebars.java:575)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:535)
#> 11.77 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:515)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.uncheckedCompileTemplate(HandlebarsOptimizedTemplate.java:57)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.&lt;init&gt;(HandlebarsOptimizedTemplate.java:52)
#> 11.77 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.lambda$getTemplate$0(TemplateEngine.java:123)
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache$1.load(LocalCache.java:4859)
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache$LoadingValueReference.loadFuture(LocalCache.java:3556)
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.loadSync(LocalCache.java:2307)
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.lockedGetOrLoad(LocalCache.java:2180)
#> 11.77 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2071)
#> 11.77 comes back as 	... 42 more
#> 11.77 comes back as </pre>
#> 11.77 comes back as
#> 11.77 comes back as </body>
#> 11.77 comes back as </html>
#> 19.90 comes back as <html>
#> 19.90 comes back as <head>
#> 19.90 comes back as <meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
#> 19.90 comes back as <title>Error 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 19.90 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 19.90 comes back as                                   ^</title>
#> 19.90 comes back as </head>
#> 19.90 comes back as <body><h2>HTTP ERROR 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 19.90 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 19.90 comes back as                                   ^</h2>
#> 19.90 comes back as <table>
#> 19.90 comes back as <tr><th>URI:</th><td>/echo</td></tr>
#> 19.90 comes back as <tr><th>STATUS:</th><td>500</td></tr>
#> 19.90 comes back as <tr><th>MESSAGE:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 19.90 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 19.90 comes back as                                   ^</td></tr>
#> 19.90 comes back as <tr><th>SERVLET:</th><td>com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet-24528a25</td></tr>
#> 19.90 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 19.90 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 19.90 comes back as                                   ^</td></tr>
#> 19.90 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 19.90 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 19.90 comes back as                                   ^</td></tr>
#> 19.90 comes back as </table>
#> 19.90 comes back as <h3>Caused by:</h3><pre>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 19.90 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 19.90 comes back as                                   ^
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2077)
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache.get(LocalCache.java:3985)
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache.get(LocalCache.java:4854)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.getTemplate(TemplateEngine.java:123)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.LazyTemplateEngine.getTemplate(LazyTemplateEngine.java:32)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.ResponseTemplateTransformer.transform(ResponseTemplateTransformer.java:83)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.applyV2Transformations(AbstractStubMappings.java:152)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.serveFor(AbstractStubMappings.java:110)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.core.WireMockApp.serveStubFor(WireMockApp.java:293)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.http.StubRequestHandler.handleRequest(StubRequestHandler.java:73)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.http.AbstractRequestHandler.handle(AbstractRequestHandler.java:73)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet.service(WireMockHandlerDispatchingServlet.java:165)
#> 19.90 comes back as 	at wiremock.jakarta.servlet.http.HttpServlet.service(HttpServlet.java:587)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHolder.handle(ServletHolder.java:764)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler$ChainEnd.doFilter(ServletHandler.java:1665)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doHandle(ServletHandler.java:527)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:221)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1381)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:176)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:484)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:174)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doScope(ContextHandler.java:1303)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.handle(ScopedHandler.java:129)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.gzip.GzipHandler.handle(GzipHandler.java:822)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerCollection.handle(HandlerCollection.java:141)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.Server.handle(Server.java:563)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel$RequestDispatchable.dispatch(HttpChannel.java:1598)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.dispatch(HttpChannel.java:753)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:501)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.server.HttpConnection.onFillable(HttpConnection.java:287)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded(AbstractConnection.java:314)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:100)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.io.SelectableChannelEndPoint$1.run(SelectableChannelEndPoint.java:53)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.runTask(AdaptiveExecutionStrategy.java:421)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.consumeTask(AdaptiveExecutionStrategy.java:390)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.tryProduce(AdaptiveExecutionStrategy.java:277)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.produce(AdaptiveExecutionStrategy.java:193)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:969)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.doRunJob(QueuedThreadPool.java:1194)
#> 19.90 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run(QueuedThreadPool.java:1149)
#> 19.90 comes back as 	at java.base/java.lang.Thread.run(Thread.java:840)
#> 19.90 comes back as Caused by: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 19.90 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 19.90 comes back as                                   ^
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorReporter.syntaxError(HbsErrorReporter.java:93)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.ProxyErrorListener.syntaxError(ProxyErrorListener.java:41)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.Parser.notifyErrorListeners(Parser.java:544)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorStrategy.reportInputMismatch(HbsErrorStrategy.java:186)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.DefaultErrorStrategy.reportError(DefaultErrorStrategy.java:139)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.var(HbsParser.java:1293)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.statement(HbsParser.java:333)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.body(HbsParser.java:231)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.template(HbsParser.java:174)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParserFactory$1.parse(HbsParserFactory.java:88)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.cache.NullTemplateCache.get(NullTemplateCache.java:54)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compile(Handlebars.java:575)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:535)
#> 19.90 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:515)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.uncheckedCompileTemplate(HandlebarsOptimizedTemplate.java:57)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.&lt;init&gt;(HandlebarsOptimizedTemplate.java:52)
#> 19.90 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.lambda$getTemplate$0(TemplateEngine.java:123)
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache$1.load(LocalCache.java:4859)
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache$LoadingValueReference.loadFuture(LocalCache.java:3556)
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.loadSync(LocalCache.java:2307)
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.lockedGetOrLoad(LocalCache.java:2180)
#> 19.90 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2071)
#> 19.90 comes back as 	... 42 more
#> 19.90 comes back as </pre>
#> 19.90 comes back as
#> 19.90 comes back as </body>
#> 19.90 comes back as </html>
#>
#> 10000000.5 comes back as <html>
#> 10000000.5 comes back as <head>
#> 10000000.5 comes back as <meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
#> 10000000.5 comes back as <title>Error 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 10000000.5 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 10000000.5 comes back as                                   ^</title>
#> 10000000.5 comes back as </head>
#> 10000000.5 comes back as <body><h2>HTTP ERROR 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 10000000.5 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 10000000.5 comes back as                                   ^</h2>
#> 10000000.5 comes back as <table>
#> 10000000.5 comes back as <tr><th>URI:</th><td>/echo</td></tr>
#> 10000000.5 comes back as <tr><th>STATUS:</th><td>500</td></tr>
#> 10000000.5 comes back as <tr><th>MESSAGE:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 10000000.5 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 10000000.5 comes back as                                   ^</td></tr>
#> 10000000.5 comes back as <tr><th>SERVLET:</th><td>com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet-24528a25</td></tr>
#> 10000000.5 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 10000000.5 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 10000000.5 comes back as                                   ^</td></tr>
#> 10000000.5 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 10000000.5 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 10000000.5 comes back as                                   ^</td></tr>
#> 10000000.5 comes back as </table>
#> 10000000.5 comes back as <h3>Caused by:</h3><pre>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 10000000.5 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 10000000.5 comes back as                                   ^
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2077)
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache.get(LocalCache.java:3985)
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache.get(LocalCache.java:4854)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.getTemplate(TemplateEngine.java:123)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.LazyTemplateEngine.getTemplate(LazyTemplateEngine.java:32)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.ResponseTemplateTransformer.transform(ResponseTemplateTransformer.java:83)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.applyV2Transformations(AbstractStubMappings.java:152)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.serveFor(AbstractStubMappings.java:110)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.core.WireMockApp.serveStubFor(WireMockApp.java:293)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.http.StubRequestHandler.handleRequest(StubRequestHandler.java:73)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.http.AbstractRequestHandler.handle(AbstractRequestHandler.java:73)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet.service(WireMockHandlerDispatchingServlet.java:165)
#> 10000000.5 comes back as 	at wiremock.jakarta.servlet.http.HttpServlet.service(HttpServlet.java:587)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHolder.handle(ServletHolder.java:764)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler$ChainEnd.doFilter(ServletHandler.java:1665)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doHandle(ServletHandler.java:527)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:221)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1381)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:176)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:484)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:174)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doScope(ContextHandler.java:1303)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.handle(ScopedHandler.java:129)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.gzip.GzipHandler.handle(GzipHandler.java:822)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerCollection.handle(HandlerCollection.java:141)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.Server.handle(Server.java:563)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel$RequestDispatchable.dispatch(HttpChannel.java:1598)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.dispatch(HttpChannel.java:753)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:501)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.server.HttpConnection.onFillable(HttpConnection.java:287)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded(AbstractConnection.java:314)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:100)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.io.SelectableChannelEndPoint$1.run(SelectableChannelEndPoint.java:53)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.runTask(AdaptiveExecutionStrategy.java:421)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.consumeTask(AdaptiveExecutionStrategy.java:390)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.tryProduce(AdaptiveExecutionStrategy.java:277)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.run(AdaptiveExecutionStrategy.java:199)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.ReservedThreadExecutor$ReservedThread.run(ReservedThreadExecutor.java:411)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:969)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.doRunJob(QueuedThreadPool.java:1194)
#> 10000000.5 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run(QueuedThreadPool.java:1149)
#> 10000000.5 comes back as 	at java.base/java.lang.Thread.run(Thread.java:840)
#> 10000000.5 comes back as Caused by: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 10000000.5 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 10000000.5 comes back as                                   ^
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorReporter.syntaxError(HbsErrorReporter.java:93)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.ProxyErrorListener.syntaxError(ProxyErrorListener.java:41)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.Parser.notifyErrorListeners(Parser.java:544)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorStrategy.reportInputMismatch(HbsErrorStrategy.java:186)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.DefaultErrorStrategy.reportError(DefaultErrorStrategy.java:139)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.var(HbsParser.java:1293)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.statement(HbsParser.java:333)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.body(HbsParser.java:231)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.template(HbsParser.java:174)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParserFactory$1.parse(HbsParserFactory.java:88)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.cache.NullTemplateCache.get(NullTemplateCache.java:54)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compile(Handlebars.java:575)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:535)
#> 10000000.5 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:515)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.uncheckedCompileTemplate(HandlebarsOptimizedTemplate.java:57)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.&lt;init&gt;(HandlebarsOptimizedTemplate.java:52)
#> 10000000.5 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.lambda$getTemplate$0(TemplateEngine.java:123)
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache$1.load(LocalCache.java:4859)
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache$LoadingValueReference.loadFuture(LocalCache.java:3556)
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.loadSync(LocalCache.java:2307)
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.lockedGetOrLoad(LocalCache.java:2180)
#> 10000000.5 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2071)
#> 10000000.5 comes back as 	... 43 more
#> 10000000.5 comes back as </pre>
#> 10000000.5 comes back as
#> 10000000.5 comes back as </body>
#> 10000000.5 comes back as </html>
#>
#> 0.0005 comes back as <html>
#> 0.0005 comes back as <head>
#> 0.0005 comes back as <meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
#> 0.0005 comes back as <title>Error 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 0.0005 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 0.0005 comes back as                                   ^</title>
#> 0.0005 comes back as </head>
#> 0.0005 comes back as <body><h2>HTTP ERROR 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 0.0005 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 0.0005 comes back as                                   ^</h2>
#> 0.0005 comes back as <table>
#> 0.0005 comes back as <tr><th>URI:</th><td>/echo</td></tr>
#> 0.0005 comes back as <tr><th>STATUS:</th><td>500</td></tr>
#> 0.0005 comes back as <tr><th>MESSAGE:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 0.0005 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 0.0005 comes back as                                   ^</td></tr>
#> 0.0005 comes back as <tr><th>SERVLET:</th><td>com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet-24528a25</td></tr>
#> 0.0005 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 0.0005 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 0.0005 comes back as                                   ^</td></tr>
#> 0.0005 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 0.0005 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 0.0005 comes back as                                   ^</td></tr>
#> 0.0005 comes back as </table>
#> 0.0005 comes back as <h3>Caused by:</h3><pre>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 0.0005 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 0.0005 comes back as                                   ^
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2077)
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache.get(LocalCache.java:3985)
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache.get(LocalCache.java:4854)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.getTemplate(TemplateEngine.java:123)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.LazyTemplateEngine.getTemplate(LazyTemplateEngine.java:32)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.ResponseTemplateTransformer.transform(ResponseTemplateTransformer.java:83)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.applyV2Transformations(AbstractStubMappings.java:152)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.serveFor(AbstractStubMappings.java:110)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.core.WireMockApp.serveStubFor(WireMockApp.java:293)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.http.StubRequestHandler.handleRequest(StubRequestHandler.java:73)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.http.AbstractRequestHandler.handle(AbstractRequestHandler.java:73)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet.service(WireMockHandlerDispatchingServlet.java:165)
#> 0.0005 comes back as 	at wiremock.jakarta.servlet.http.HttpServlet.service(HttpServlet.java:587)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHolder.handle(ServletHolder.java:764)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler$ChainEnd.doFilter(ServletHandler.java:1665)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doHandle(ServletHandler.java:527)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:221)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1381)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:176)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:484)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:174)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doScope(ContextHandler.java:1303)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.handle(ScopedHandler.java:129)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.gzip.GzipHandler.handle(GzipHandler.java:822)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerCollection.handle(HandlerCollection.java:141)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.Server.handle(Server.java:563)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel$RequestDispatchable.dispatch(HttpChannel.java:1598)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.dispatch(HttpChannel.java:753)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:501)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.server.HttpConnection.onFillable(HttpConnection.java:287)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded(AbstractConnection.java:314)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:100)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.io.SelectableChannelEndPoint$1.run(SelectableChannelEndPoint.java:53)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.runTask(AdaptiveExecutionStrategy.java:421)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.consumeTask(AdaptiveExecutionStrategy.java:390)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.tryProduce(AdaptiveExecutionStrategy.java:277)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.run(AdaptiveExecutionStrategy.java:199)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.ReservedThreadExecutor$ReservedThread.run(ReservedThreadExecutor.java:411)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:969)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.doRunJob(QueuedThreadPool.java:1194)
#> 0.0005 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run(QueuedThreadPool.java:1149)
#> 0.0005 comes back as 	at java.base/java.lang.Thread.run(Thread.java:840)
#> 0.0005 comes back as Caused by: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 0.0005 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 0.0005 comes back as                                   ^
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorReporter.syntaxError(HbsErrorReporter.java:93)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.ProxyErrorListener.syntaxError(ProxyErrorListener.java:41)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.Parser.notifyErrorListeners(Parser.java:544)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorStrategy.reportInputMismatch(HbsErrorStrategy.java:186)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.DefaultErrorStrategy.reportError(DefaultErrorStrategy.java:139)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.var(HbsParser.java:1293)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.statement(HbsParser.java:333)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.body(HbsParser.java:231)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.template(HbsParser.java:174)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParserFactory$1.parse(HbsParserFactory.java:88)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.cache.NullTemplateCache.get(NullTemplateCache.java:54)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compile(Handlebars.java:575)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:535)
#> 0.0005 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:515)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.uncheckedCompileTemplate(HandlebarsOptimizedTemplate.java:57)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.&lt;init&gt;(HandlebarsOptimizedTemplate.java:52)
#> 0.0005 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.lambda$getTemplate$0(TemplateEngine.java:123)
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache$1.load(LocalCache.java:4859)
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache$LoadingValueReference.loadFuture(LocalCache.java:3556)
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.loadSync(LocalCache.java:2307)
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.lockedGetOrLoad(LocalCache.java:2180)
#> 0.0005 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2071)
#> 0.0005 comes back as 	... 43 more
#> 0.0005 comes back as </pre>
#> 0.0005 comes back as
#> 0.0005 comes back as </body>
#> 0.0005 comes back as </html>
#>
#> 12345678901234567.89 comes back as <html>
#> 12345678901234567.89 comes back as <head>
#> 12345678901234567.89 comes back as <meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
#> 12345678901234567.89 comes back as <title>Error 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 12345678901234567.89 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 12345678901234567.89 comes back as                                   ^</title>
#> 12345678901234567.89 comes back as </head>
#> 12345678901234567.89 comes back as <body><h2>HTTP ERROR 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 12345678901234567.89 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 12345678901234567.89 comes back as                                   ^</h2>
#> 12345678901234567.89 comes back as <table>
#> 12345678901234567.89 comes back as <tr><th>URI:</th><td>/echo</td></tr>
#> 12345678901234567.89 comes back as <tr><th>STATUS:</th><td>500</td></tr>
#> 12345678901234567.89 comes back as <tr><th>MESSAGE:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 12345678901234567.89 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 12345678901234567.89 comes back as                                   ^</td></tr>
#> 12345678901234567.89 comes back as <tr><th>SERVLET:</th><td>com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet-24528a25</td></tr>
#> 12345678901234567.89 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 12345678901234567.89 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 12345678901234567.89 comes back as                                   ^</td></tr>
#> 12345678901234567.89 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 12345678901234567.89 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 12345678901234567.89 comes back as                                   ^</td></tr>
#> 12345678901234567.89 comes back as </table>
#> 12345678901234567.89 comes back as <h3>Caused by:</h3><pre>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 12345678901234567.89 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 12345678901234567.89 comes back as                                   ^
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2077)
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache.get(LocalCache.java:3985)
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache.get(LocalCache.java:4854)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.getTemplate(TemplateEngine.java:123)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.LazyTemplateEngine.getTemplate(LazyTemplateEngine.java:32)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.ResponseTemplateTransformer.transform(ResponseTemplateTransformer.java:83)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.applyV2Transformations(AbstractStubMappings.java:152)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.serveFor(AbstractStubMappings.java:110)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.core.WireMockApp.serveStubFor(WireMockApp.java:293)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.http.StubRequestHandler.handleRequest(StubRequestHandler.java:73)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.http.AbstractRequestHandler.handle(AbstractRequestHandler.java:73)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet.service(WireMockHandlerDispatchingServlet.java:165)
#> 12345678901234567.89 comes back as 	at wiremock.jakarta.servlet.http.HttpServlet.service(HttpServlet.java:587)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHolder.handle(ServletHolder.java:764)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler$ChainEnd.doFilter(ServletHandler.java:1665)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doHandle(ServletHandler.java:527)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:221)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1381)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:176)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:484)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:174)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doScope(ContextHandler.java:1303)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.handle(ScopedHandler.java:129)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.gzip.GzipHandler.handle(GzipHandler.java:822)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerCollection.handle(HandlerCollection.java:141)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.Server.handle(Server.java:563)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel$RequestDispatchable.dispatch(HttpChannel.java:1598)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.dispatch(HttpChannel.java:753)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:501)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.server.HttpConnection.onFillable(HttpConnection.java:287)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded(AbstractConnection.java:314)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:100)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.io.SelectableChannelEndPoint$1.run(SelectableChannelEndPoint.java:53)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.runTask(AdaptiveExecutionStrategy.java:421)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.consumeTask(AdaptiveExecutionStrategy.java:390)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.tryProduce(AdaptiveExecutionStrategy.java:277)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.run(AdaptiveExecutionStrategy.java:199)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.ReservedThreadExecutor$ReservedThread.run(ReservedThreadExecutor.java:411)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:969)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.doRunJob(QueuedThreadPool.java:1194)
#> 12345678901234567.89 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run(QueuedThreadPool.java:1149)
#> 12345678901234567.89 comes back as 	at java.base/java.lang.Thread.run(Thread.java:840)
#> 12345678901234567.89 comes back as Caused by: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 12345678901234567.89 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 12345678901234567.89 comes back as                                   ^
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorReporter.syntaxError(HbsErrorReporter.java:93)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.ProxyErrorListener.syntaxError(ProxyErrorListener.java:41)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.Parser.notifyErrorListeners(Parser.java:544)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorStrategy.reportInputMismatch(HbsErrorStrategy.java:186)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.DefaultErrorStrategy.reportError(DefaultErrorStrategy.java:139)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.var(HbsParser.java:1293)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.statement(HbsParser.java:333)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.body(HbsParser.java:231)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.template(HbsParser.java:174)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParserFactory$1.parse(HbsParserFactory.java:88)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.cache.NullTemplateCache.get(NullTemplateCache.java:54)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compile(Handlebars.java:575)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:535)
#> 12345678901234567.89 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:515)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.uncheckedCompileTemplate(HandlebarsOptimizedTemplate.java:57)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.&lt;init&gt;(HandlebarsOptimizedTemplate.java:52)
#> 12345678901234567.89 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.lambda$getTemplate$0(TemplateEngine.java:123)
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache$1.load(LocalCache.java:4859)
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache$LoadingValueReference.loadFuture(LocalCache.java:3556)
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.loadSync(LocalCache.java:2307)
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.lockedGetOrLoad(LocalCache.java:2180)
#> 12345678901234567.89 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2071)
#> 12345678901234567.89 comes back as 	... 43 more
#> 12345678901234567.89 comes back as </pre>
#> 12345678901234567.89 comes back as
#> 12345678901234567.89 comes back as </body>
#> 12345678901234567.89 comes back as </html>
#>
#> 1E400 comes back as <html>
#> 1E400 comes back as <head>
#> 1E400 comes back as <meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>
#> 1E400 comes back as <title>Error 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 1E400 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 1E400 comes back as                                   ^</title>
#> 1E400 comes back as </head>
#> 1E400 comes back as <body><h2>HTTP ERROR 500 wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 1E400 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 1E400 comes back as                                   ^</h2>
#> 1E400 comes back as <table>
#> 1E400 comes back as <tr><th>URI:</th><td>/echo</td></tr>
#> 1E400 comes back as <tr><th>STATUS:</th><td>500</td></tr>
#> 1E400 comes back as <tr><th>MESSAGE:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 1E400 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 1E400 comes back as                                   ^</td></tr>
#> 1E400 comes back as <tr><th>SERVLET:</th><td>com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet-24528a25</td></tr>
#> 1E400 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 1E400 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 1E400 comes back as                                   ^</td></tr>
#> 1E400 comes back as <tr><th>CAUSED BY:</th><td>wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 1E400 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 1E400 comes back as                                   ^</td></tr>
#> 1E400 comes back as </table>
#> 1E400 comes back as <h3>Caused by:</h3><pre>wiremock.com.google.common.util.concurrent.UncheckedExecutionException: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 1E400 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 1E400 comes back as                                   ^
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2077)
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache.get(LocalCache.java:3985)
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache.get(LocalCache.java:4854)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.getTemplate(TemplateEngine.java:123)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.LazyTemplateEngine.getTemplate(LazyTemplateEngine.java:32)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.ResponseTemplateTransformer.transform(ResponseTemplateTransformer.java:83)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.applyV2Transformations(AbstractStubMappings.java:152)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.stubbing.AbstractStubMappings.serveFor(AbstractStubMappings.java:110)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.core.WireMockApp.serveStubFor(WireMockApp.java:293)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.http.StubRequestHandler.handleRequest(StubRequestHandler.java:73)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.http.AbstractRequestHandler.handle(AbstractRequestHandler.java:73)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.servlet.WireMockHandlerDispatchingServlet.service(WireMockHandlerDispatchingServlet.java:165)
#> 1E400 comes back as 	at wiremock.jakarta.servlet.http.HttpServlet.service(HttpServlet.java:587)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHolder.handle(ServletHolder.java:764)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler$ChainEnd.doFilter(ServletHandler.java:1665)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doHandle(ServletHandler.java:527)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextHandle(ScopedHandler.java:221)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doHandle(ContextHandler.java:1381)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:176)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.servlet.ServletHandler.doScope(ServletHandler.java:484)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.nextScope(ScopedHandler.java:174)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ContextHandler.doScope(ContextHandler.java:1303)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.ScopedHandler.handle(ScopedHandler.java:129)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.gzip.GzipHandler.handle(GzipHandler.java:822)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerCollection.handle(HandlerCollection.java:141)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.handler.HandlerWrapper.handle(HandlerWrapper.java:122)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.Server.handle(Server.java:563)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel$RequestDispatchable.dispatch(HttpChannel.java:1598)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.dispatch(HttpChannel.java:753)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.HttpChannel.handle(HttpChannel.java:501)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.server.HttpConnection.onFillable(HttpConnection.java:287)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.io.AbstractConnection$ReadCallback.succeeded(AbstractConnection.java:314)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.io.FillInterest.fillable(FillInterest.java:100)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.io.SelectableChannelEndPoint$1.run(SelectableChannelEndPoint.java:53)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.runTask(AdaptiveExecutionStrategy.java:421)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.consumeTask(AdaptiveExecutionStrategy.java:390)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.tryProduce(AdaptiveExecutionStrategy.java:277)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.strategy.AdaptiveExecutionStrategy.run(AdaptiveExecutionStrategy.java:199)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.ReservedThreadExecutor$ReservedThread.run(ReservedThreadExecutor.java:411)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool.runJob(QueuedThreadPool.java:969)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.doRunJob(QueuedThreadPool.java:1194)
#> 1E400 comes back as 	at wiremock.org.eclipse.jetty.util.thread.QueuedThreadPool$Runner.run(QueuedThreadPool.java:1149)
#> 1E400 comes back as 	at java.base/java.lang.Thread.run(Thread.java:840)
#> 1E400 comes back as Caused by: wiremock.com.github.jknack.handlebars.HandlebarsException: inline@6bba2f6d:1:34: found: &apos;}}}&apos;, expected: &apos;}}&apos;
#> 1E400 comes back as {{jsonPath request.body &apos;$.amount&apos;}}}
#> 1E400 comes back as                                   ^
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorReporter.syntaxError(HbsErrorReporter.java:93)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.ProxyErrorListener.syntaxError(ProxyErrorListener.java:41)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.Parser.notifyErrorListeners(Parser.java:544)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsErrorStrategy.reportInputMismatch(HbsErrorStrategy.java:186)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.antlr.DefaultErrorStrategy.reportError(DefaultErrorStrategy.java:139)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.var(HbsParser.java:1293)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.statement(HbsParser.java:333)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.body(HbsParser.java:231)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParser.template(HbsParser.java:174)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.internal.HbsParserFactory$1.parse(HbsParserFactory.java:88)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.cache.NullTemplateCache.get(NullTemplateCache.java:54)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compile(Handlebars.java:575)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:535)
#> 1E400 comes back as 	at wiremock.com.github.jknack.handlebars.Handlebars.compileInline(Handlebars.java:515)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.uncheckedCompileTemplate(HandlebarsOptimizedTemplate.java:57)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.HandlebarsOptimizedTemplate.&lt;init&gt;(HandlebarsOptimizedTemplate.java:52)
#> 1E400 comes back as 	at com.github.tomakehurst.wiremock.extension.responsetemplating.TemplateEngine.lambda$getTemplate$0(TemplateEngine.java:123)
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache$LocalManualCache$1.load(LocalCache.java:4859)
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache$LoadingValueReference.loadFuture(LocalCache.java:3556)
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.loadSync(LocalCache.java:2307)
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.lockedGetOrLoad(LocalCache.java:2180)
#> 1E400 comes back as 	at wiremock.com.google.common.cache.LocalCache$Segment.get(LocalCache.java:2071)
#> 1E400 comes back as 	... 43 more
#> 1E400 comes back as </pre>
#> 1E400 comes back as
#> 1E400 comes back as </body>
#> 1E400 comes back as </html>
#>
#> 19.99 whole cents: 200
#> 19.995 whole cents: 404
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" wiremock@3.13.2 >/dev/null
mkdir -p "$work/root/mappings"
cat >"$work/root/mappings/mappings.json" <<'JSON'
{"mappings": [
  {"request": {"method": "POST", "urlPath": "/echo"}, "response": {"status": 200, "transformers": ["response-template"],
    "body": "{\"amount\": {{jsonPath request.body '$.amount'}}}"}},
  {"request": {"method": "POST", "urlPath": "/cents", "bodyPatterns": [
    {"matchesJsonSchema": "{\"properties\": {\"amount\": {\"multipleOf\": 0.01}}}"}]}, "response": {"status": 200}}]}
JSON
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
java -jar "$work"/node_modules/wiremock/build/wiremock-standalone-3.13.2.jar \
  --port "$port" --bind-address 127.0.0.1 --root-dir "$work/root" --disable-banner >"$work/log" 2>&1 &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$work"' EXIT
for _ in $(seq 120); do curl --silent --max-time 2 --output /dev/null "127.0.0.1:$port/__admin/mappings" && break || sleep 0.5; done
for amount in 11.77 19.90 10000000.5 0.0005 12345678901234567.89 1E400; do
  curl --silent --max-time 10 "127.0.0.1:$port/echo" --data "{\"amount\": $amount}" | sed "s/^/$amount comes back as /"
  echo
done >"$work/seen"
for amount in 19.99 19.995; do
  curl --silent --max-time 10 --output /dev/null --write-out "$amount whole cents: %{http_code}\n" "127.0.0.1:$port/cents" --data "{\"amount\": $amount}"
done >>"$work/seen"
if ! diff <(echo "$expected") "$work/seen"; then
  echo "mock-wiremock-echo: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
