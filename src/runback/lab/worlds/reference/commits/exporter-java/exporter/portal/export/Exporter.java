package portal.export;

import java.nio.file.Path;

public final class Exporter {
    public static void main(String[] arguments) throws InterruptedException {
        Settings settings = Settings.read(Path.of("settings.properties"));
        System.out.println("exporter: keeps exports for " + settings.days + " days");
        while (true) {
            Thread.sleep(60_000);
            System.out.println("exporter: nothing to export");
        }
    }
}
