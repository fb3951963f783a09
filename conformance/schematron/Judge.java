// Judges XML documents with Schematron as its publishers run it: SchXslt (or the ISO skeleton), then Saxon-HE.
//
// In: files, as arguments or one a line on standard input, each with the schematrons to run after tabs; without any,
// those given by --schematron, else the five common ones of the pack and the volet of the document, told by its name.
// Out: one JSON object a line and file. When a dynamic error stops Saxon, the file is judged again with every
// assertion on its own, and those that fail to evaluate are listed.
// --alone judges so in any case, which tells whether both ways agree.
// Nothing is written into a pack: it is copied to the cache and repaired there, and each repair is told.
//
//   java -cp Saxon-HE.jar Judge.java [--pack DIR] [--schematron FILE.sch]... [--threads N] [--skeleton] [--alone] [FILE...]
//   java -cp Saxon-HE.jar Judge.java --pack DIR --list            which schematrons compile
//   java -cp Saxon-HE.jar Judge.java --pack DIR --prepare         where the repaired copy is, and its repairs
//   java -cp Saxon-HE.jar Judge.java --pack DIR --bench SECONDS FILE...
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.StringReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.transform.ErrorListener;
import javax.xml.transform.Source;
import javax.xml.transform.TransformerException;
import javax.xml.transform.URIResolver;
import javax.xml.transform.stream.StreamSource;
import net.sf.saxon.s9api.Axis;
import net.sf.saxon.s9api.Processor;
import net.sf.saxon.s9api.QName;
import net.sf.saxon.s9api.SaxonApiException;
import net.sf.saxon.s9api.Serializer;
import net.sf.saxon.s9api.XdmAtomicValue;
import net.sf.saxon.s9api.XdmDestination;
import net.sf.saxon.s9api.XdmNode;
import net.sf.saxon.s9api.XdmNodeKind;
import net.sf.saxon.s9api.XdmSequenceIterator;
import net.sf.saxon.s9api.XsltCompiler;
import net.sf.saxon.s9api.XsltExecutable;
import net.sf.saxon.s9api.XsltTransformer;

public class Judge {
    static final String STRUCMIN = "schematrons/profils/structurationMinimale";
    static final List<String> COMMON = List.of(
        STRUCMIN + "/ASIP-STRUCT-MIN-StrucMin.sch", "schematrons/profils/IHE.sch",
        "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch", "schematrons/profils/CI-SIS_Modeles_ANS.sch",
        "schematrons/profils/terminologies/schematron/terminologie.sch");
    /** Raised when the same bytes may be judged otherwise: verdicts kept from before are then no longer used. */
    static final int VERDICTS = 1;
    static final String SCH = "http://purl.oclc.org/dsdl/schematron";
    static final String SVRL = "http://purl.oclc.org/dsdl/svrl";

    /** Rewrites a stylesheet of SchXslt so that each assertion, with the variables it uses, fails alone. */
    static final String ALONE = """
        <xsl:transform version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:a="urn:alias"
            xmlns:svrl="http://purl.oclc.org/dsdl/svrl" xmlns:schxslt="https://doi.org/10.5281/zenodo.1495494"
            xmlns:f="urn:functions" xmlns:err="http://www.w3.org/2005/xqt-errors" exclude-result-prefixes="f">
          <xsl:namespace-alias stylesheet-prefix="a" result-prefix="xsl"/>
          <xsl:mode on-no-match="shallow-copy"/>
          <xsl:mode name="silent" on-no-match="shallow-copy"/>
          <xsl:variable name="globals" select="/*/(xsl:variable|xsl:param)[not(starts-with(@name, 'schxslt'))]
              [not(matches(@select, '^\\s*(''[^'']*''|&quot;[^&quot;]*&quot;|[0-9]+)\\s*$'))]"/>
          <xsl:variable name="location"
              select="if (/*/xsl:function[@name = 'schxslt:location']) then 'schxslt:location(.)' else 'path(.)'"/>
          <xsl:template match="/*/xsl:template[@mode != '#all']/xsl:variable"/>
          <xsl:template match="/*/xsl:template/xsl:choose/xsl:otherwise/schxslt:rule/xsl:if">
            <xsl:variable name="needed" select="f:needed(., (), ($globals, ancestor::xsl:template[1]/xsl:variable))"/>
            <a:try>
              <xsl:apply-templates select="$needed" mode="let"/>
              <xsl:copy-of select="."/>
              <a:catch>
                <a:try>
                  <xsl:apply-templates select="$needed" mode="let"/>
                  <xsl:apply-templates select="." mode="silent"/>
                  <a:catch>
                    <svrl:not-evaluable location="{{{$location}}}" code="{{$err:code}}"
                        error="{{$err:description}}">
                      <xsl:copy-of select="svrl:*/@role, svrl:*/xsl:attribute[@name = 'test']"/>
                    </svrl:not-evaluable>
                  </a:catch>
                </a:try>
              </a:catch>
            </a:try>
          </xsl:template>
          <xsl:template match="svrl:text | svrl:diagnostic-reference | svrl:property-reference" mode="silent"/>
          <xsl:template match="*" mode="let"><xsl:copy-of select="."/></xsl:template>
          <xsl:template match="/*/*[@select]" mode="let">
            <a:variable select="(/) ! ({@select})"><xsl:copy-of select="@name, @as"/></a:variable>
          </xsl:template>
          <xsl:function name="f:needed">
            <xsl:param name="user"/><xsl:param name="found"/><xsl:param name="lets"/>
            <xsl:variable name="text" select="string-join(($user | $found)/descendant-or-self::*/(@* | text()), ' ')"/>
            <xsl:variable name="names" as="xs:string*" xmlns:xs="http://www.w3.org/2001/XMLSchema"
                select="tokenize($text, '\\$')[position() gt 1] ! replace(., '^\\s*([\\i-[:]][\\c-[:]]*).*$', '$1', 's')"/>
            <xsl:variable name="now" select="$lets[@name = $names]"/>
            <xsl:sequence select="if (count($now) = count($found)) then $now else f:needed($user, $now, $lets)"/>
          </xsl:function>
        </xsl:transform>
        """;

    /** Has the skeleton of the pack name the test, which it leaves out. */
    static final String TESTS = """
        <xsl:transform version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:a="urn:alias"
            xmlns:svrl="http://purl.oclc.org/dsdl/svrl">
          <xsl:namespace-alias stylesheet-prefix="a" result-prefix="xsl"/>
          <xsl:mode on-no-match="shallow-copy"/>
          <xsl:template match="svrl:failed-assert[not(@test)] | svrl:successful-report[not(@test)]">
            <xsl:copy>
              <xsl:copy-of select="@*"/>
              <a:attribute name="test">
                <a:text><xsl:value-of select="(../preceding-sibling::xsl:when, ..)[1]/@test"/></a:text>
              </a:attribute>
              <xsl:apply-templates/>
            </xsl:copy>
          </xsl:template>
        </xsl:transform>
        """;

    /** What a schematron without query binding gets: XPath 1.0 as XSLT 2.0 and later still speak it. */
    static final String OLD = """
        <xsl:transform version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
          <xsl:mode on-no-match="shallow-copy"/>
          <xsl:template match="/*/xsl:template[@mode != '#all']
              | /*/xsl:variable | /*/xsl:param[not(starts-with(@name, 'schxslt'))]">
            <xsl:copy><xsl:attribute name="version">1.0</xsl:attribute><xsl:apply-templates select="@* | node()"/></xsl:copy>
          </xsl:template>
        </xsl:transform>
        """;

    record Schematron(String name, Path file, XsltExecutable judge) { }

    final Processor processor = new Processor(false);
    final Path cache;
    final Path oracles;
    final boolean skeleton;
    final boolean always;
    final Path pack;
    final List<String> repairs = new ArrayList<>();
    final Map<Path, Schematron> compiled = new ConcurrentHashMap<>();
    final Map<Path, XsltExecutable> alone = new ConcurrentHashMap<>();
    final Map<String, Source> documents = new ConcurrentHashMap<>();

    public static void main(String[] arguments) throws Exception {
        Path given = null;
        boolean list = false, prepare = false, skeleton = false, alone = false;
        int threads = 1, seconds = 0;
        List<Path> schematrons = new ArrayList<>();
        List<String> files = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--pack" -> given = Path.of(arguments[++i]);
                case "--schematron" -> schematrons.add(Path.of(arguments[++i]));
                case "--threads" -> threads = Integer.parseInt(arguments[++i]);
                case "--bench" -> seconds = Integer.parseInt(arguments[++i]);
                case "--list" -> list = true;
                case "--prepare" -> prepare = true;
                case "--skeleton" -> skeleton = true;
                case "--alone" -> alone = true;
                default -> files.add(arguments[i]);
            }
        }
        Judge judge = new Judge(given, skeleton, alone);
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        if (prepare) {
            out.println("{\"pack\":" + quote(judge.pack.toString()) + ",\"repairs\":"
                + array(judge.repairs.stream().map(Judge::quote)) + "}");
        } else if (list) {
            judge.list(out);
        } else if (seconds > 0) {
            judge.bench(seconds, files, schematrons, out);
        } else {
            judge.run(threads, files, schematrons, out);
        }
    }

    Judge(Path given, boolean skeleton, boolean always) throws Exception {
        String home = System.getenv("XDG_CACHE_HOME");
        Path caches = home != null && !home.isEmpty() ? Path.of(home) : Path.of(System.getenv("HOME"), ".cache");
        String chosen = System.getenv("PAILLASSE_ORACLES");
        this.oracles = chosen != null && !chosen.isEmpty() ? Path.of(chosen) : caches.resolve("paillasse/oracles");
        this.cache = caches.resolve("paillasse/conformance");
        this.skeleton = skeleton;
        this.always = always;
        Files.createDirectories(cache);
        this.pack = given == null ? null : repaired(given.toRealPath());
        processor.getUnderlyingConfiguration().setErrorListener(new Silent());
    }

    // ---- Judging

    void run(int threads, List<String> files, List<Path> schematrons, PrintStream out) throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(threads);
        Semaphore room = new Semaphore(4 * threads);
        BufferedReader input = files.isEmpty()
            ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
            : new BufferedReader(new StringReader(String.join("\n", files)));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            if (line.isBlank()) {
                continue;
            }
            String[] fields = line.split("\t");
            room.acquire();
            workers.submit(() -> {
                try {
                    List<Path> chosen = fields.length > 1
                        ? Arrays.stream(fields).skip(1).map(this::located).toList()
                        : schematrons.isEmpty() ? usual(fields[0]) : schematrons.stream().map(it -> located(it.toString())).toList();
                    String verdict = judge(Path.of(fields[0]), chosen);
                    synchronized (out) {
                        out.println(verdict);
                    }
                } catch (Throwable failure) {
                    synchronized (out) {
                        out.println("{\"file\":" + quote(fields[0]) + ",\"error\":" + quote(told(failure)) + "}");
                    }
                } finally {
                    room.release();
                }
            });
        }
        workers.shutdown();
        workers.awaitTermination(30, TimeUnit.DAYS);
    }

    Path located(String schematron) {
        return pack == null ? Path.of(schematron).toAbsolutePath().normalize() : pack.resolve(schematron).normalize();
    }

    /** The common five and the volet after which the document is named. */
    List<Path> usual(String file) throws IOException {
        List<Path> chosen = new ArrayList<>(COMMON.stream().map(pack::resolve).toList());
        String document = plain(Path.of(file).getFileName().toString());
        try (Stream<Path> volets = Files.list(pack.resolve("schematrons"))) {
            volets.filter(it -> it.toString().endsWith(".sch"))
                .filter(it -> document.startsWith(voletName(it)))
                .max(Comparator.comparingInt(it -> voletName(it).length()))
                .ifPresent(chosen::add);
        }
        return chosen;
    }

    static String voletName(Path schematron) {
        return plain(schematron.getFileName().toString().replaceFirst("\\.sch$", "").replaceFirst("^CI-SIS_", ""));
    }

    static String plain(String name) {
        return name.toLowerCase().replace('_', '-');
    }

    String judge(Path file, List<Path> schematrons) throws Exception {
        XdmNode document = processor.newDocumentBuilder().build(source(file));
        List<String> verdicts = new ArrayList<>();
        for (Path path : schematrons) {
            Schematron schematron;
            try {
                schematron = schematron(path);
            } catch (Exception | Error failure) {
                verdicts.add("{\"name\":" + quote(path.getFileName().toString()) + ",\"uncompilable\":" + quote(told(failure)) + "}");
                continue;
            }
            String aborted = null;
            XdmNode report;
            try {
                report = transform(always ? alone(schematron) : schematron.judge(), document);
            } catch (Exception | StackOverflowError failure) {
                aborted = told(failure);
                report = skeleton ? null : transform(alone(schematron), document);
            }
            verdicts.add(verdict(schematron, report, aborted));
        }
        return "{\"file\":" + quote(file.toString()) + ",\"schematrons\":" + array(verdicts.stream()) + "}";
    }

    static Source source(Path file) {
        return new StreamSource(file.toUri().toString());
    }

    XdmNode transform(XsltExecutable stylesheet, XdmNode document) throws SaxonApiException {
        XdmDestination report = new XdmDestination();
        XsltTransformer transformer = stylesheet.load();
        transformer.setURIResolver(this::opened);
        transformer.setErrorListener(new Silent());
        transformer.setInitialContextNode(document);
        transformer.setDestination(report);
        transformer.transform();
        return report.getXdmNode();
    }

    /** `document()` and `doc()`: each file is read once for all documents judged. */
    Source opened(String href, String base) throws TransformerException {
        String uri = java.net.URI.create(base == null ? "" : base).resolve(href.replace(" ", "%20")).toString();
        Source known = documents.get(uri);
        if (known == null) {
            try {
                known = processor.newDocumentBuilder().build(new StreamSource(uri)).getUnderlyingNode();
            } catch (SaxonApiException failure) {
                throw new TransformerException(failure);
            }
            documents.put(uri, known);
        }
        return known;
    }

    String verdict(Schematron schematron, XdmNode report, String aborted) {
        int fired = 0, patterns = 0;
        String pattern = "", context = "";
        List<String> failed = new ArrayList<>(), reports = new ArrayList<>(), not = new ArrayList<>();
        XdmSequenceIterator<XdmNode> elements = report == null ? null : root(report).axisIterator(Axis.CHILD);
        while (elements != null && elements.hasNext()) {
            XdmNode it = elements.next();
            if (it.getNodeKind() != XdmNodeKind.ELEMENT || !SVRL.equals(it.getNodeName().getNamespaceURI())) {
                continue;
            }
            switch (it.getNodeName().getLocalName()) {
                case "active-pattern" -> {
                    patterns++;
                    String id = it.getAttributeValue(new QName("id"));
                    pattern = id == null || id.isEmpty() ? String.valueOf(patterns) : id;
                }
                case "fired-rule" -> {
                    fired++;
                    context = attribute(it, "context");
                }
                case "failed-assert" -> failed.add(finding(it, pattern + "/" + context));
                case "successful-report" -> reports.add(finding(it, pattern + "/" + context));
                case "not-evaluable" -> not.add("{\"rule\":" + quote(pattern + "/" + context) + ",\"test\":"
                    + quote(attribute(it, "test")) + ",\"location\":" + quote(place(attribute(it, "location")))
                    + ",\"role\":" + quoteOrNull(it.getAttributeValue(new QName("role")))
                    + ",\"error\":" + quote(attribute(it, "code") + ": " + attribute(it, "error")) + "}");
                default -> { }
            }
        }
        return "{\"name\":" + quote(schematron.name()) + ",\"fired\":" + fired + ",\"failed\":" + array(failed.stream())
            + ",\"reports\":" + array(reports.stream()) + ",\"aborted\":" + quoteOrNull(aborted)
            + (aborted == null || report == null ? "" : ",\"not_evaluable\":" + array(not.stream())) + "}";
    }

    static XdmNode root(XdmNode report) {
        XdmSequenceIterator<XdmNode> children = report.axisIterator(Axis.CHILD);
        while (children.hasNext()) {
            XdmNode child = children.next();
            if (child.getNodeKind() == XdmNodeKind.ELEMENT) {
                return child;
            }
        }
        return report;
    }

    String finding(XdmNode it, String rule) {
        StringBuilder message = new StringBuilder();
        XdmSequenceIterator<XdmNode> children = it.axisIterator(Axis.CHILD);
        while (children.hasNext()) {
            XdmNode child = children.next();
            if (child.getNodeName() != null && child.getNodeName().getLocalName().equals("text")) {
                message.append(child.getStringValue());
            }
        }
        return "{\"rule\":" + quote(rule) + ",\"test\":" + quote(attribute(it, "test"))
            // The skeleton calls the document node by the name of its element.
            + ",\"location\":" + quote(skeleton && rule.endsWith("//") ? "/" : place(attribute(it, "location")))
            + ",\"role\":" + quoteOrNull(it.getAttributeValue(new QName("role")))
            + ",\"message\":" + quote(String.join(" ", message.toString().trim().split("\\s+"))) + "}";
    }

    static final Pattern STEP = Pattern.compile("/(@?)\\*:([^/\\[]+)\\[namespace-uri\\(\\)='([^']*)'\\](\\[\\d+\\])?|/(@?)([^/*\\[@]+)(\\[\\d+\\])?");

    /** Paths of the skeleton and of XPath 3, written as SchXslt writes them. */
    static String place(String location) {
        if (location.startsWith("/Q{") || location.length() <= 1) {
            return location.replaceFirst("/@(?!Q\\{)([^/]+)$", "/@Q{}$1");
        }
        Matcher steps = STEP.matcher(location);
        StringBuilder place = new StringBuilder();
        while (steps.find()) {
            boolean named = steps.group(2) != null;
            String number = steps.group(named ? 4 : 7);
            place.append('/').append(steps.group(named ? 1 : 5)).append("Q{").append(named ? steps.group(3) : "").append('}')
                .append(steps.group(named ? 2 : 6)).append(number == null ? "" : number);
        }
        return place.toString();
    }

    static String attribute(XdmNode element, String name) {
        String value = element.getAttributeValue(new QName(name));
        return value == null ? "" : value;
    }

    // ---- Compiling

    Schematron schematron(Path file) throws Exception {
        Schematron known = compiled.get(file);
        if (known != null) {
            return known;
        }
        synchronized (file.toString().intern()) {
            known = compiled.get(file);
            if (known == null) {
                Path stylesheet = stylesheet(file);
                known = new Schematron(file.getFileName().toString(), file, executable(stylesheet, file));
                compiled.put(file, known);
            }
        }
        return known;
    }

    XsltExecutable alone(Schematron schematron) throws Exception {
        synchronized (schematron) {
            XsltExecutable known = alone.get(schematron.file());
            if (known == null) {
                Path usual = stylesheet(schematron.file());
                Path target = usual.resolveSibling(usual.getFileName().toString().replace(".xsl", ".alone.xsl"));
                if (!Files.exists(target)) {
                    XsltExecutable rewriting = compiler().compile(new StreamSource(new StringReader(ALONE)));
                    write(rewriting, new StreamSource(usual.toUri().toString()), Map.of(), target);
                }
                known = executable(target, schematron.file());
                alone.put(schematron.file(), known);
            }
            return known;
        }
    }

    XsltCompiler compiler() {
        XsltCompiler compiler = processor.newXsltCompiler();
        compiler.setErrorListener(new Silent());
        return compiler;
    }

    /** Its relative paths start where the schematron is. */
    XsltExecutable executable(Path stylesheet, Path schematron) throws Exception {
        Silent complaints = new Silent();
        XsltCompiler compiler = compiler();
        compiler.setErrorListener(complaints);
        try (var bytes = Files.newInputStream(stylesheet)) {
            return compiler.compile(new StreamSource(bytes, schematron.toUri().toString()));
        } catch (SaxonApiException failure) {
            throw complaints.first == null ? failure : new SaxonApiException(complaints.first);
        }
    }

    Path stylesheet(Path schematron) throws Exception {
        Path folder = cache.resolve("compiled");
        Files.createDirectories(folder);
        String state = fingerprint(schematron.getParent(), schematron + (skeleton ? " skeleton" : " schxslt") + (ALONE + TESTS + OLD).hashCode());
        Path target = folder.resolve(schematron.getFileName().toString().replace(".sch", "") + "-" + state + ".xsl");
        if (Files.exists(target)) {
            return target;
        }
        Source source = new StreamSource(schematron.toUri().toString());
        if (!skeleton) {
            Path pipeline = oracles.resolve("schxslt/core/src/main/resources/xslt/2.0/pipeline-for-svrl.xsl");
            boolean old = processor.newDocumentBuilder().build(source).axisIterator(Axis.CHILD, new QName(SCH, "schema"))
                .next().getAttributeValue(new QName("queryBinding")) == null;
            Path result = old ? target.resolveSibling(target.getFileName() + ".new") : target;
            Map<String, String> binding = old ? Map.of("schxslt.compile.default-query-binding", "xslt2") : Map.of();
            write(compiler().compile(new StreamSource(pipeline.toUri().toString())), source, binding, result);
            if (old) {
                XsltExecutable rewriting = compiler().compile(new StreamSource(new StringReader(OLD)));
                write(rewriting, new StreamSource(result.toUri().toString()), Map.of(), target);
            }
            return target;
        }
        Path engine = oracles.resolve("ans/schematrons/moteur");
        List<String> steps = List.of("iso_dsdl_include.xsl", "iso_abstract_expand.xsl", "iso_svrl_for_xslt2.xsl");
        for (int step = 0; step < steps.size(); step++) {
            XsltExecutable executable = compiler().compile(new StreamSource(engine.resolve(steps.get(step)).toUri().toString()));
            boolean last = step == steps.size() - 1;
            Path result = target.resolveSibling(target.getFileName() + ".step" + step);
            write(executable, source, last ? Map.of("allow-foreign", "true", "full-path-notation", "1") : Map.of(), result);
            // The next step reads the result as if it were the schematron, for its relative paths.
            source = new StreamSource(Files.newInputStream(result), schematron.toUri().toString());
        }
        write(compiler().compile(new StreamSource(new StringReader(TESTS))), source, Map.of(), target);
        return target;
    }

    void write(XsltExecutable stylesheet, Source source, Map<String, String> parameters, Path target) throws Exception {
        Silent complaints = new Silent();
        Path making = Files.createTempFile(target.getParent(), "making", ".xsl");
        try {
            Serializer serializer = processor.newSerializer(making.toFile());
            XsltTransformer transformer = stylesheet.load();
            transformer.setErrorListener(complaints);
            transformer.setMessageListener((content, terminate, locator) -> complaints.said = content.getStringValue());
            parameters.forEach((name, value) -> transformer.setParameter(new QName(name), new XdmAtomicValue(value)));
            transformer.setSource(source);
            transformer.setDestination(serializer);
            transformer.transform();
            serializer.close();
            Files.move(making, target, StandardCopyOption.REPLACE_EXISTING);
        } catch (SaxonApiException failure) {
            throw complaints.said == null ? failure : new SaxonApiException(failure.getMessage() + " " + complaints.said);
        } finally {
            Files.deleteIfExists(making);
        }
    }

    void list(PrintStream out) throws IOException {
        for (Path file : roots(pack)) {
            long started = System.nanoTime();
            String error = null;
            try {
                schematron(file);
            } catch (Exception | Error failure) {
                error = told(failure);
            }
            compiled.clear();
            out.println("{\"schematron\":" + quote(pack.relativize(file).toString()) + ",\"compiles\":" + (error == null)
                + ",\"ms\":" + (System.nanoTime() - started) / 1_000_000 + ",\"error\":" + quoteOrNull(error) + "}");
        }
    }

    static List<Path> roots(Path pack) throws IOException {
        Pattern root = Pattern.compile("<(\\w+:)?schema[\\s>]");
        try (Stream<Path> files = Files.walk(pack.resolve("schematrons"))) {
            return files.filter(it -> it.toString().endsWith(".sch")).filter(it -> {
                try {
                    String text = new String(Files.readAllBytes(it), StandardCharsets.ISO_8859_1).replaceAll("(?s)<!--.*?-->", "");
                    return root.matcher(text).find();
                } catch (IOException unreadable) {
                    return false;
                }
            }).sorted().toList();
        }
    }

    // ---- The repaired copy

    Path repaired(Path given) throws Exception {
        if (given.startsWith(cache)) {
            return given;
        }
        String state = fingerprint(given.resolve("schematrons"), "repairs 2")
            + fingerprint(given.resolve("jeuxDeValeurs"), "").substring(0, 8);
        Path copy = cache.resolve("pack-" + state);
        Path told = copy.resolve("repairs.txt");
        if (!Files.exists(told)) {
            Path making = Files.createTempDirectory(cache, "making");
            for (String folder : List.of("schematrons", "jeuxDeValeurs", "infrastructure")) {
                copy(given.resolve(folder), making.resolve(folder));
            }
            repairIncludes(making);
            repairTypeCodes(making);
            Files.write(making.resolve("repairs.txt"), repairs);
            try {
                Files.move(making, copy, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException faster) {
                repairs.clear();
            }
        }
        repairs.clear();
        repairs.addAll(Files.readAllLines(told));
        return copy;
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String place = from.relativize(file).toString();
                if (place.startsWith("moteur") || place.startsWith("rapports")) {
                    continue;
                }
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to.resolve(place));
                } else {
                    Files.copy(file, to.resolve(place));
                }
            }
        }
    }

    static final Pattern INCLUDE = Pattern.compile("(?s)<!--.*?-->|<((?:\\w+:)?include)\\s+href\\s*=\\s*[\"']([^\"']*)[\"']\\s*(?:/>|>\\s*</\\1>)");

    /** Names that differ by letter case get a twin; includes of nothing are taken out. */
    void repairIncludes(Path copy) throws IOException {
        List<Path> schemas;
        try (Stream<Path> files = Files.walk(copy.resolve("schematrons"))) {
            schemas = files.filter(it -> it.toString().endsWith(".sch")).sorted().toList();
        }
        for (Path schema : schemas) {
            String text = Files.readString(schema, StandardCharsets.ISO_8859_1);
            Matcher includes = INCLUDE.matcher(text);
            StringBuilder kept = new StringBuilder();
            boolean changed = false;
            while (includes.find()) {
                String replacement = includes.group();
                String href = includes.group(2);
                if (href != null) {
                    Path wanted = schema.resolveSibling(new String(href.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8)).normalize();
                    if (!Files.isRegularFile(wanted)) {
                        Path twin = anyCase(copy, wanted);
                        String where = copy.relativize(schema) + ": " + href;
                        if (twin != null && Files.isRegularFile(twin)) {
                            Files.createDirectories(wanted.getParent());
                            Files.copy(twin, wanted);
                            repairs.add("include by another letter case: " + where);
                        } else {
                            replacement = "<!-- absent: " + href.replace("--", "- -") + " -->";
                            changed = true;
                            repairs.add("include of an absent file taken out: " + where);
                        }
                    }
                }
                includes.appendReplacement(kept, Matcher.quoteReplacement(replacement));
            }
            includes.appendTail(kept);
            if (changed) {
                Files.writeString(schema, kept, StandardCharsets.ISO_8859_1);
            }
        }
    }

    static Path anyCase(Path top, Path wanted) throws IOException {
        Path here = top;
        for (Path step : top.relativize(wanted)) {
            if (here == null || !Files.isDirectory(here)) {
                return null;
            }
            try (Stream<Path> names = Files.list(here)) {
                here = names.filter(it -> it.getFileName().toString().equalsIgnoreCase(step.toString()))
                    .min(Comparator.comparing(it -> !it.getFileName().equals(step))).orElse(null);
            }
        }
        return here;
    }

    /** Structuration minimale opens the document type codes under a name that was not published. */
    void repairTypeCodes(Path copy) throws Exception {
        Path wanted = copy.resolve(STRUCMIN + "/include/voc-1.2.250.1.213.1.1.5.471-DYNAMIC.xml");
        if (Files.exists(wanted) || !Files.isDirectory(wanted.getParent())) {
            return;
        }
        Path published;
        try (Stream<Path> sets = Files.list(copy.resolve("jeuxDeValeurs"))) {
            published = sets.filter(it -> it.getFileName().toString().startsWith("JDV_J07")).sorted().findFirst().orElseThrow();
        }
        StringBuilder set = new StringBuilder("<valueSets><valueSet><conceptList>\n");
        XdmSequenceIterator<XdmNode> nodes = processor.newDocumentBuilder().build(published.toFile()).axisIterator(Axis.DESCENDANT);
        while (nodes.hasNext()) {
            XdmNode node = nodes.next();
            if (node.getNodeKind() == XdmNodeKind.ELEMENT && node.getNodeName().getLocalName().equals("Concept")) {
                set.append("<concept code=\"").append(attribute(node, "code")).append("\" codeSystem=\"")
                    .append(attribute(node, "codeSystem")).append("\"/>\n");
            }
        }
        Files.writeString(wanted, set.append("</conceptList></valueSet></valueSets>\n"));
        repairs.add("value set rebuilt from " + published.getFileName() + ": " + copy.relativize(wanted));
    }

    static String fingerprint(Path folder, String salt) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(salt.getBytes(StandardCharsets.UTF_8));
        try (Stream<Path> files = Files.walk(folder)) {
            for (String line : files.filter(Files::isRegularFile).map(it -> folder.relativize(it) + " " + it.toFile().length()
                    + " " + it.toFile().lastModified()).collect(Collectors.toCollection(TreeSet::new))) {
                digest.update(line.getBytes(StandardCharsets.UTF_8));
            }
        }
        return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
    }

    // ---- Measuring

    /** Parsing included; processor time of this thread only, so what the collector and compiler threads cost is not held against Saxon. */
    void bench(int seconds, List<String> files, List<Path> schematrons, PrintStream out) throws Exception {
        Map<String, List<Path>> work = new LinkedHashMap<>();
        for (String file : files) {
            work.put(file, schematrons.isEmpty() ? usual(file) : schematrons.stream().map(it -> located(it.toString())).toList());
        }
        long warm = System.nanoTime() + seconds * 1_000_000_000L;
        do {
            round(work);
        } while (System.nanoTime() < warm);
        var thread = ManagementFactory.getThreadMXBean();
        long started = System.nanoTime(), processorStarted = thread.getCurrentThreadCpuTime();
        int rounds = 0;
        do {
            round(work);
            rounds++;
        } while (System.nanoTime() - started < seconds * 1_000_000_000L);
        double wall = (System.nanoTime() - started) / 1e9, busy = (thread.getCurrentThreadCpuTime() - processorStarted) / 1e9;
        int n = rounds * work.size();
        out.printf(java.util.Locale.ROOT, "{\"n_documents\":%d,\"documents_per_s_core\":%.2f,\"documents_per_s_wall\":%.2f,\"saxon\":%s}%n",
            n, n / busy, n / wall, quote(processor.getSaxonProductVersion()));
    }

    void round(Map<String, List<Path>> work) throws Exception {
        for (var it : work.entrySet()) {
            XdmNode document = processor.newDocumentBuilder().build(source(Path.of(it.getKey())));
            for (Path schematron : it.getValue()) {
                transform(schematron(schematron).judge(), document);
            }
        }
    }

    // ---- Writing

    static String told(Throwable failure) {
        if (failure instanceof StackOverflowError) {
            return "stack overflow";
        }
        Throwable cause = failure;
        String code = "";
        if (failure instanceof SaxonApiException known) {
            code = known.getErrorCode() == null ? "" : known.getErrorCode().getLocalName() + ": ";
        }
        while (cause.getMessage() == null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return code + String.join(" ", String.valueOf(cause.getMessage() == null ? cause : cause.getMessage()).trim().split("\\s+"));
    }

    static String array(Stream<String> items) {
        return items.collect(Collectors.joining(",", "[", "]"));
    }

    static String quoteOrNull(String text) {
        return text == null ? "null" : quote(text);
    }

    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                default -> {
                    if (c < 0x20 || Character.isSurrogate(c)) {
                        quoted.append(String.format("\\u%04x", (int) c));
                    } else {
                        quoted.append(c);
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }

    /** Keeps the first complaint; prints nothing. */
    static class Silent implements ErrorListener {
        TransformerException first;
        volatile String said;

        public void warning(TransformerException it) { }

        public void error(TransformerException it) {
            first = first == null ? it : first;
        }

        public void fatalError(TransformerException it) {
            first = first == null ? it : first;
        }
    }
}
