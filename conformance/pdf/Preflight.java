// Judges PDF files against PDF/A-1b with Apache PDFBox preflight, an implementation that is not ours.
//
// In: paths. Out: one line a file, "<path>: valid" or "<path>: <code> <details>" for each finding. Exit code 1 when
// a file has a finding. Run with `java -cp <jars> Preflight.java a.pdf b.pdf`.
import java.io.File;
import org.apache.pdfbox.preflight.PreflightDocument;
import org.apache.pdfbox.preflight.ValidationResult;
import org.apache.pdfbox.preflight.parser.PreflightParser;

public class Preflight {
    public static void main(String[] paths) throws Exception {
        boolean allValid = true;
        for (String path : paths) {
            PreflightParser parser = new PreflightParser(new File(path));
            parser.parse();
            try (PreflightDocument document = parser.getPreflightDocument()) {
                document.validate();
                ValidationResult result = document.getResult();
                if (result.isValid()) {
                    System.out.println(path + ": valid");
                }
                for (ValidationResult.ValidationError error : result.getErrorsList()) {
                    allValid = false;
                    System.out.println(path + ": " + error.getErrorCode() + " " + error.getDetails());
                }
            }
        }
        System.exit(allValid ? 0 : 1);
    }
}
